//! What an invitation says, in the three languages. Fixed: of what an inviter wrote, only their name gets in (I-47).

/// The language of an invitation's text where none was asked for: the member's own choice, else their country's.
pub(super) fn language_of<'a>(own: Option<&'a str>, country: &str) -> &'a str {
    own.unwrap_or(match country {
        "JP" => "ja",
        "KR" => "ko",
        _ => "en",
    })
}

/// A text to copy and hand on, in the inviter's own voice.
pub(super) fn text_to_copy(language: &str, name: &str, company: &str, url: &str) -> String {
    match language {
        "ja" => format!(
            "{company}の{name}です。Liaisonでやり取りができるよう、連絡先への追加をお願いいたします。\n\
             次のリンクを開いてください。\n{url}"
        ),
        "ko" => format!(
            "{company} {name}입니다. Liaison에서 대화할 수 있도록 연락처에 추가해 주시기 바랍니다.\n\
             아래 링크를 열어 주세요.\n{url}"
        ),
        _ => format!(
            "This is {name} of {company}. I would like to stay in touch with you on Liaison.\n\
             Please open this link to add me to your contacts:\n{url}"
        ),
    }
}
