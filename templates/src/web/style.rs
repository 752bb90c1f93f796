//! The style sheet of reader pages.
//!
//! Browsers, unlike mail programs, know custom properties: colours stand once for light and once
//! for dark. It is escaped like any text, so it uses no quotes, brackets or ampersands that
//! escaping would change.

use crate::theme::{Hex, Hue, Theme};

/// The sheet with the colours of a theme.
pub(super) fn sheet(theme: &Theme) -> String {
    let (light, dark) = (
        colors(theme, |hue| hue.light),
        colors(theme, |hue| hue.dark),
    );
    let (headline, text) = (theme.headline_font.stack(), theme.text_font.stack());
    format!(
        "\n:root{{color-scheme:light dark;--headline:{headline};{light}}}\n\
         @media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n\
         body{{font:16px/25px {text}}}\n{RULES}"
    )
}

fn colors(theme: &Theme, shade: impl Fn(Hue) -> Hex) -> String {
    [
        ("canvas", theme.canvas),
        ("card", theme.card),
        ("tint", theme.note),
        ("ink", theme.ink),
        ("body", theme.body),
        ("muted", theme.muted),
        ("accent", theme.accent),
        ("button", theme.button),
        ("on-button", theme.on_button),
        ("line", theme.line),
    ]
    .map(|(name, hue)| format!("--{name}:{}", shade(hue)))
    .join(";")
}

/// Logical properties mirror the page for languages that run right to left.
const RULES: &str = "\
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:32px 16px;max-width:560px;background:var(--canvas);color:var(--body);\
overflow-wrap:anywhere}
header,main{background:var(--card);border:1px solid var(--line);padding-inline:32px}
header{border-top:5px solid var(--accent);border-bottom:0;padding-top:26px}
main{border-top:0;padding-block:24px 32px}
.brand{display:block;padding-bottom:14px;border-bottom:1px solid var(--line);\
font:bold 26px/32px var(--headline);color:var(--ink);text-decoration:none}
h1{margin:0 0 8px;font:bold 26px/32px var(--headline);color:var(--ink)}
h1:focus,.box:focus{outline:0}
p{margin:10px 0 0}
strong,legend{color:var(--ink);font-weight:600}
a{color:var(--accent)}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
form,a.main{margin-top:24px}
button,a.main{display:inline-block;min-height:48px;padding:11px 26px;border:1px solid var(--muted);\
border-radius:4px;background:var(--card);color:var(--ink);font:inherit;font-weight:bold;\
line-height:24px;text-decoration:none;cursor:pointer}
button.main,a.main{border-color:var(--button);background:var(--button);color:var(--on-button)}
button:hover,a.main:hover{text-decoration:underline}
fieldset,.group{margin:0 0 24px;padding:0;border:0}
legend{padding:0 0 2px;font-size:15px}
label{display:flex;gap:12px;padding:8px 0;cursor:pointer}
input[type=checkbox]{flex:none;width:20px;height:20px;margin:2px 0 0;accent-color:var(--button)}
label.field{display:block;padding:16px 0 4px;font-weight:600;color:var(--ink)}
label.field small{display:inline;font-weight:normal}
input[type=email],input[type=text],select{display:block;width:100%;min-height:48px;padding:10px 12px;\
border:1px solid var(--muted);border-radius:4px;background:var(--card);color:var(--ink);font:inherit}
input[aria-invalid]{border-width:2px}
fieldset.first{margin-top:24px}
input~button.main,select~button.main{margin-top:24px}
fieldset~button.main,.group~button.main{margin-top:0}
.trap{position:absolute;inset-inline-start:-9999px;width:1px;height:1px;overflow:hidden}
details{margin-top:10px}
summary{padding:10px 0;cursor:pointer;color:var(--accent);text-decoration:underline}
small{display:block;font-size:14px;line-height:20px;color:var(--muted)}
.box{margin:0 0 20px;padding:12px 16px;border-inline-start:4px solid var(--accent);\
background:var(--tint);color:var(--ink)}
.small{margin-top:24px;padding-top:16px;border-top:1px solid var(--line);font-size:14px;\
line-height:21px;color:var(--muted)}
h2{margin:28px 0 0;padding-top:11px;border-top:2px solid var(--ink);font-size:16px;line-height:24px;\
color:var(--ink)}
ul{margin:0;padding:0;list-style:none}
li{padding:14px 0;border-top:1px solid var(--line)}
li:first-child{border-top:0}
li a{font:bold 19px/25px var(--headline);color:var(--ink);text-decoration:none}
li a:hover{text-decoration:underline}
li p{margin-top:2px;font-size:15px;line-height:23px}
footer{padding:20px 4px;font-size:13px;line-height:20px;color:var(--muted)}
@media (max-width:560px){
body{padding:0}
header,main{padding-inline:20px;border-inline:0}
button,a.main{width:100%;text-align:center}
footer{padding:20px}
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_does_not_change_the_sheet() {
        assert!(!sheet(&Theme::default()).contains(['<', '>', '&', '"']));
    }
}
