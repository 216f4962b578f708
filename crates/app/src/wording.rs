//! What text messages say, in the languages of the programme. Nothing in them was written by anybody else (I-47).

/// The language to write to somebody in: the one they chose, or that of their company's country.
pub(crate) fn language(chosen: Option<&str>, country: &str) -> &'static str {
    match (chosen, country) {
        (Some("ja"), _) | (None, "JP") => "ja",
        (Some("ko"), _) | (None, "KR") => "ko",
        _ => "en",
    }
}

/// The code that proves whose a number is.
pub(crate) fn phone_code(language: &str, code: &str) -> String {
    match language {
        "ja" => format!(
            "Liaison の確認コードは {code} です（10分間有効）。お心当たりのない場合は、このメッセージを無視してください。"
        ),
        "ko" => {
            format!("Liaison 인증 코드는 {code}입니다(10분간 유효). 요청하신 적이 없다면 이 메시지를 무시해 주세요.")
        }
        _ => format!(
            "{code} is your Liaison code. It is good for 10 minutes. If you did not ask for it, ignore this message."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b4_the_code_stands_in_every_language() {
        let languages = [(Some("en"), "JP"), (None, "JP"), (None, "KR"), (None, "CA"), (Some("ko"), "JP")];
        let told = languages.map(|(chosen, country)| language(chosen, country));
        assert_eq!(told, ["en", "ja", "ko", "en", "ko"]);
        for language in told {
            assert_eq!(phone_code(language, "012345").matches("012345").count(), 1, "{language}");
        }
    }
}
