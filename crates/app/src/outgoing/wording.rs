//! What mails and text messages say, in the receiver's language. Fixed texts; of what people wrote only names go in,
//! cleaned and capped (I-47), and never into an address.

use super::Mail;
use liaison_domain::clean_name;

/// The most characters of a name in a mail.
const MAX_NAME: usize = 60;

/// A language of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
}

impl Language {
    /// The one a member chose, else the one of their company's country.
    pub fn of(chosen: Option<&str>, country: &str) -> Self {
        match (chosen, country) {
            (Some("ja"), _) | (None, "JP") => Self::Japanese,
            (Some("ko"), _) | (None, "KR") => Self::Korean,
            _ => Self::English,
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
            Self::Korean => "ko",
        }
    }
}

/// A name as a mail may hold it: cleaned, short, and with nothing in it that a mail program turns into a link.
pub fn name_in_mail(name: &str) -> String {
    // A dot or a slash between letters is what makes a mail program see an address.
    let plain: String =
        name.chars().map(|c| if matches!(c, '.' | '/' | ':' | '@' | '<' | '>' | '"') { ' ' } else { c }).collect();
    let cleaned = clean_name(&plain, usize::MAX).unwrap_or_default();
    if cleaned.chars().count() <= MAX_NAME {
        return cleaned;
    }
    cleaned.chars().take(MAX_NAME - 1).chain(['…']).collect()
}

/// A mail of a few paragraphs and one address to follow.
#[derive(Debug, Clone)]
pub(crate) struct Letter<'a> {
    pub language: Language,
    /// The receiver's name, as it is; empty where nobody knows it.
    pub name: &'a str,
    pub subject: String,
    /// Before the address.
    pub before: Vec<String>,
    /// What the address is for: the words on the button.
    pub action: &'static str,
    pub link: String,
    /// After it.
    pub after: Vec<String>,
}

impl Letter<'_> {
    /// Puts it together: plain text, and the same as simple HTML without pictures, styles from elsewhere or tracking.
    pub(crate) fn write(self) -> Mail {
        let name = name_in_mail(self.name);
        let greeting = match self.language {
            Language::English if name.is_empty() => "Hello,".to_owned(),
            Language::Japanese if name.is_empty() => "Liaison への招待のお知らせです。".to_owned(),
            Language::Korean if name.is_empty() => "안녕하세요.".to_owned(),
            Language::English => format!("Dear {name},"),
            Language::Japanese => format!("{name} 様"),
            Language::Korean => format!("{name} 님께"),
        };
        let footer = match self.language {
            Language::English => "This mail was sent automatically. Please do not reply to it.",
            Language::Japanese => "このメールは自動送信されています。ご返信いただいてもお答えできません。",
            Language::Korean => "이 메일은 자동으로 발송되었습니다. 회신하셔도 답변을 드릴 수 없습니다.",
        };
        let mut text = vec![greeting.clone()];
        text.extend(self.before.iter().cloned());
        text.push(self.link.clone());
        text.extend(self.after.iter().cloned());
        text.push(format!("-- \n{footer}"));
        let paragraph = |words: &String| format!("<p>{}</p>\n", escape(words));
        let html = format!(
            "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
             <body style=\"font-family:sans-serif;line-height:1.6;color:#1c2530;max-width:36em\">\n\
             {greeting}{before}\
             <p><a href=\"{link}\" style=\"display:inline-block;padding:10px 18px;border-radius:6px;background:#1d5fa8;\
             color:#ffffff;text-decoration:none\">{action}</a></p>\n\
             <p style=\"word-break:break-all\"><a href=\"{link}\">{link}</a></p>\n\
             {after}<p style=\"color:#5b6672;font-size:small\">{footer}</p>\n</body></html>\n",
            tag = self.language.tag(),
            title = escape(&self.subject),
            greeting = paragraph(&greeting),
            before = self.before.iter().map(paragraph).collect::<String>(),
            link = escape(&self.link),
            action = escape(self.action),
            after = self.after.iter().map(paragraph).collect::<String>(),
            footer = escape(footer),
        );
        Mail { name, subject: self.subject, text: text.join("\n\n") + "\n", html, links: vec![self.link] }
    }
}

/// Text for HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The code that proves whose a phone number is.
pub(crate) fn phone_code(language: Language, code: &str) -> String {
    match language {
        Language::English => format!(
            "{code} is your Liaison code. It is good for 10 minutes. If you did not ask for it, ignore this message."
        ),
        Language::Japanese => format!(
            "Liaison の確認コードは {code} です（10分間有効）。お心当たりのない場合は、このメッセージを無視してください。"
        ),
        Language::Korean => {
            format!("Liaison 인증 코드는 {code}입니다(10분간 유효). 요청하신 적이 없다면 이 메시지를 무시해 주세요.")
        }
    }
}

/// The link to set a new password, for somebody who has forgotten theirs.
pub(crate) fn password_reset(language: Language, name: &str, handle: &str, link: String) -> Mail {
    let (subject, before, action, after) = match language {
        Language::English => (
            "Set a new password",
            vec![
                format!("Somebody, probably you, asked for a new password for {handle} on Liaison."),
                "Follow this link within one hour. It works once.".into(),
            ],
            "Set a new password",
            "If it was not you, do nothing: your password stays as it is.",
        ),
        Language::Japanese => (
            "パスワードの再設定",
            vec![
                format!("Liaison のアカウント {handle} について、パスワード再設定のご依頼を受け付けました。"),
                "1 時間以内に次のリンクから再設定してください。リンクは 1 回だけ使えます。".into(),
            ],
            "パスワードを再設定する",
            "お心当たりがない場合は、何もなさる必要はありません。パスワードは変更されません。",
        ),
        Language::Korean => (
            "비밀번호 재설정",
            vec![
                format!("Liaison 계정 {handle}의 비밀번호 재설정 요청이 접수되었습니다."),
                "1시간 안에 아래 링크에서 재설정해 주세요. 링크는 한 번만 사용할 수 있습니다.".into(),
            ],
            "비밀번호 재설정하기",
            "요청하신 적이 없다면 아무것도 하지 않으셔도 됩니다. 비밀번호는 변경되지 않습니다.",
        ),
    };
    Letter { language, name, subject: subject.into(), before, action, link, after: vec![after.into()] }.write()
}

/// The link to set the first password, for a new member.
pub(crate) fn first_password(language: Language, name: &str, handle: &str, company: &str, link: String) -> Mail {
    let company = name_in_mail(company);
    let (subject, before, action, after) = match language {
        Language::English => (
            format!("Your Liaison account at {company}"),
            vec![
                format!("{company} has made an account for you on Liaison. You sign in as {handle}."),
                "Set your first password within seven days by following this link. It works once.".into(),
            ],
            "Set your first password",
            "If the link has ended, ask your administrator to send it again.",
        ),
        Language::Japanese => (
            format!("{company} の Liaison アカウントのご案内"),
            vec![
                format!("{company} が Liaison のアカウントを用意しました。メッセージID は {handle} です。"),
                "7 日以内に次のリンクから最初のパスワードを設定してください。リンクは 1 回だけ使えます。".into(),
            ],
            "パスワードを設定する",
            "リンクの有効期限が切れた場合は、管理者に再送をご依頼ください。",
        ),
        Language::Korean => (
            format!("{company} Liaison 계정 안내"),
            vec![
                format!("{company}에서 Liaison 계정을 만들었습니다. 메시지 ID는 {handle}입니다."),
                "7일 안에 아래 링크에서 첫 비밀번호를 설정해 주세요. 링크는 한 번만 사용할 수 있습니다.".into(),
            ],
            "비밀번호 설정하기",
            "링크의 유효 기간이 지났다면 관리자에게 재발송을 요청해 주세요.",
        ),
    };
    Letter { language, name, subject, before, action, link, after: vec![after.into()] }.write()
}

/// An invitation, for somebody whose name nobody knows. Of what its inviter wrote only their name is in it, cleaned and
/// capped; the company's name is its administrators' (I-47).
pub(crate) fn invitation_mail(language: Language, inviter: &str, company: &str, link: String) -> Mail {
    let (who, company) = (name_in_mail(inviter), name_in_mail(company));
    let (subject, before, action, after) = match language {
        Language::English => (
            format!("{who} of {company} invites you to Liaison"),
            vec![
                format!(
                    "{who} of {company} would like to talk with you on Liaison, a messenger for people of different \
                         companies."
                ),
                "Follow this link to see the invitation and to accept it.".into(),
            ],
            "See the invitation",
            "If you do not know this person, do nothing. The invitation ends by itself.",
        ),
        Language::Japanese => (
            format!("{company} の {who} さんから Liaison への招待"),
            vec![
                format!(
                    "{company} の {who} さんが、社外の方ともやり取りできるメッセンジャー Liaison での連絡を希望しています。"
                ),
                "次のリンクから招待の内容をご確認のうえ、承諾してください。".into(),
            ],
            "招待を確認する",
            "お心当たりがない場合は、何もなさる必要はありません。招待は期限が来ると無効になります。",
        ),
        Language::Korean => (
            format!("{company} {who} 님이 Liaison에 초대했습니다"),
            vec![
                format!(
                    "{company} {who} 님이 다른 회사 사람과도 대화할 수 있는 메신저 Liaison에서 연락하기를 원합니다."
                ),
                "아래 링크에서 초대 내용을 확인하고 수락해 주세요.".into(),
            ],
            "초대 확인하기",
            "모르는 분이라면 아무것도 하지 않으셔도 됩니다. 초대는 기한이 지나면 무효가 됩니다.",
        ),
    };
    Letter { language, name: "", subject, before, action, link, after: vec![after.into()] }.write()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i47_a_name_brings_neither_link_nor_markup_nor_header_into_a_mail() {
        let evil = "<a href=\"http://evil.example\">Win</a>\r\nBcc: all@hana.example\u{202e} www.evil.example/x";
        let mail = first_password(Language::English, evil, "mina@hana.example", evil, "https://chat.example/x".into());
        let all = format!("{} {} {}", mail.name, mail.subject, mail.text);
        for bad in ["evil.example", "http://", "\u{202e}", "\r", "all@hana", "<a"] {
            assert!(!all.contains(bad), "{bad}: {all}");
        }
        assert!(!mail.subject.contains('\n') && !mail.name.contains('\n'));
        assert_eq!(mail.html.matches("<a ").count(), 2, "{}", mail.html);
        assert_eq!(mail.html.matches("href=\"https://chat.example/x\"").count(), 2);
        assert!(name_in_mail(&"長い名前".repeat(50)).chars().count() <= MAX_NAME);
        assert_eq!(name_in_mail("J. O'Brien"), "J O'Brien");
    }

    #[test]
    fn b4_the_code_stands_in_every_language() {
        for language in [Language::English, Language::Japanese, Language::Korean] {
            assert_eq!(phone_code(language, "012345").matches("012345").count(), 1, "{language:?}");
        }
    }

    #[test]
    fn mails_are_in_the_receivers_language_else_the_countrys() {
        for (chosen, country, language) in [
            (None, "JP", Language::Japanese),
            (None, "KR", Language::Korean),
            (None, "CA", Language::English),
            (Some("en"), "JP", Language::English),
            (Some("ko"), "JP", Language::Korean),
        ] {
            assert_eq!(Language::of(chosen, country), language);
        }
        for language in [Language::English, Language::Japanese, Language::Korean] {
            let mail = password_reset(language, "Mina Sato", "mina@hana.example", "http://localhost/x?a=1&b=2".into());
            assert!(mail.text.contains("http://localhost/x?a=1&b=2") && mail.text.contains("mina@hana.example"));
            assert!(mail.html.contains("http://localhost/x?a=1&amp;b=2") && mail.html.contains("Mina Sato"));
            assert!(!mail.html.contains("<img") && !mail.html.contains("<script"));
        }
    }
}
