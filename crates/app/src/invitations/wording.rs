//! What an invitation says, in the three languages. Fixed: of what an inviter wrote, only their name gets in (I-47).

use crate::outgoing::wording::Language;

/// A text to copy and hand on, in the inviter's own voice.
pub(super) fn text_to_copy(language: Language, name: &str, company: &str, url: &str) -> String {
    match language {
        Language::Japanese => format!(
            "{company}の{name}です。Liaisonでやり取りができるよう、連絡先への追加をお願いいたします。\n\
             次のリンクを開いてください。\n{url}"
        ),
        Language::Korean => format!(
            "{company} {name}입니다. Liaison에서 대화할 수 있도록 연락처에 추가해 주시기 바랍니다.\n\
             아래 링크를 열어 주세요.\n{url}"
        ),
        Language::English => format!(
            "This is {name} of {company}. I would like to stay in touch with you on Liaison.\n\
             Please open this link to add me to your contacts:\n{url}"
        ),
    }
}
