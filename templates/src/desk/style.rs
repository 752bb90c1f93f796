//! The style sheet of the desk.
//!
//! It is escaped like any text, so it uses no quotes, brackets or ampersands that escaping would
//! change: what lies directly below something has a class of its own.

use super::parts::Tone;
use crate::theme::{HEAT, Hex, Hue, LEAST_CONTRAST, Scheme, Theme};

/// Words on a ground of their own: to the good, to be looked at, wrong. Each ground is our own, so no theme
/// makes them unreadable.
const TONES: [(&str, Hue, Hue); 3] = [
    (
        "good",
        Hue::new(0x1D6033, 0x93D0A0),
        Hue::new(0xE1F1E6, 0x1A2C20),
    ),
    (
        "warn",
        Hue::new(0x744300, 0xEDBC7B),
        Hue::new(0xFAEFD6, 0x302716),
    ),
    (
        "bad",
        Hue::new(0x9A231C, 0xF3ABA6),
        Hue::new(0xFBE7E4, 0x361E1D),
    ),
];

/// Text and ground of a tone; one that is neither good nor bad has those of a good one.
pub(super) fn tone(tone: Tone, scheme: Scheme) -> (Hex, Hex) {
    let [good, warn, bad] = TONES;
    let (_, text, ground) = match tone {
        Tone::Quiet | Tone::Info | Tone::Good => good,
        Tone::Warn => warn,
        Tone::Bad => bad,
    };
    (text.in_scheme(scheme), ground.in_scheme(scheme))
}

/// The sheet with the colours of a theme.
pub(super) fn sheet(theme: &Theme) -> String {
    let (light, dark) = (
        colors(theme, |hue| hue.light),
        colors(theme, |hue| hue.dark),
    );
    let (headline, text) = (theme.headline_font.stack(), theme.text_font.stack());
    format!(
        "\n:root{{color-scheme:light dark;--headline:{headline};--text:{text};{light}}}\n\
         @media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{RULES}{}",
        super::style_preview::RULES
    )
}

fn colors(theme: &Theme, shade: impl Fn(Hue) -> Hex) -> String {
    let own = [
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
        ("edge", theme.muted),
    ];
    let mut all: Vec<String> = own
        .into_iter()
        .map(|(name, hue)| format!("--{name}:{}", shade(hue)))
        .collect();
    for (name, text, ground) in TONES {
        all.push(format!("--{name}:{}", shade(text)));
        all.push(format!("--{name}-tint:{}", shade(ground)));
    }
    let (card, accent) = (shade(theme.card), shade(theme.accent));
    let steps = HEAT.iter().enumerate();
    all.extend(steps.map(|(at, step)| format!("--heat{}:{}", at + 1, card.towards(accent, *step))));
    all.push(format!("--opens:{}", shape(card, accent)));
    all.join(";")
}

/// A shade between card and accent that is told from the ink of another line by its lightness, and from the
/// card as a shape must be.
fn shape(card: Hex, accent: Hex) -> Hex {
    let shades = (170..=u8::MAX).map(|step| card.towards(accent, step));
    let mut shades = shades.filter(|shade| shade.contrast(card) >= LEAST_CONTRAST - 1.2);
    shades.next().unwrap_or(accent)
}

const RULES: &str = "\
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--canvas);color:var(--body);font:0.9375rem/1.4375rem var(--text);\
font-variant-numeric:tabular-nums;overflow-wrap:break-word}
h1,h2,h3,p,dl,dd,ul,ol{margin:0;padding:0}
h1,h2,h3{color:var(--ink)}
h1{font:bold 1.625rem/2rem var(--headline)}
h2{font-size:1rem;line-height:1.375rem}
h3{font-size:0.9375rem;line-height:1.375rem}
strong{color:var(--ink);font-weight:600}
a,summary{color:var(--accent)}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
main:focus,.said:focus{outline:0}
ul,ol{list-style:none}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;inset-inline-start:-9999px;padding:8px 14px}
.skip:focus{inset-inline-start:12px;top:8px;z-index:2;background:var(--card)}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:0 28px;padding:0 24px;background:var(--card);\
border-top:4px solid var(--accent);border-bottom:1px solid var(--line)}
.mark{padding:12px 0;font:bold 1.375rem/1.75rem var(--headline);color:var(--ink);text-decoration:none}
.top nav{display:flex;flex-wrap:wrap;gap:0 20px;margin-inline-end:auto}
.top nav a{padding:15px 0 13px;border-bottom:3px solid transparent;font-size:0.875rem;line-height:1.3125rem;\
color:var(--body);text-decoration:none}
.top nav a:hover{color:var(--accent);border-color:var(--line)}
.top nav a[aria-current]{color:var(--ink);font-weight:600;border-color:var(--accent)}
.count{font-size:0.8125rem;color:var(--muted);font-weight:400}
.who{display:flex;align-items:center;gap:12px;margin-inline-start:auto;padding:8px 0;font-size:0.875rem;\
color:var(--muted)}
.plain{min-height:44px;padding:6px 0;border:0;background:none;color:var(--accent);font:inherit;text-decoration:underline;\
cursor:pointer}
main{display:block;max-width:1440px;margin:0 auto;padding:0 24px 48px;overflow-x:clip}
.said{margin-top:14px;padding:10px 16px;border-inline-start:4px solid var(--good);border-radius:3px;\
background:var(--good-tint);color:var(--good);font-weight:600}
.said.warn{border-color:var(--warn);background:var(--warn-tint);color:var(--warn)}
.said.bad{border-color:var(--bad);background:var(--bad-tint);color:var(--bad)}
.head{display:flex;flex-wrap:wrap;align-items:center;gap:10px 24px;padding:22px 0 18px}
.said~.head{padding-top:14px}
.head .t{flex:1 1 320px;min-width:0}
.sub{margin-top:3px;font-size:0.875rem;line-height:1.3125rem;color:var(--muted)}
.acts{display:flex;flex-wrap:wrap;gap:10px}
.btn{display:inline-block;min-height:44px;padding:11px 16px;border:1px solid var(--edge);border-radius:4px;\
background:var(--card);color:var(--ink);font:600 0.875rem/1.25rem var(--text);text-decoration:none;cursor:pointer}
.btn:hover{border-color:var(--accent);color:var(--accent)}
.btn.main{border-color:var(--button);background:var(--button);color:var(--on-button)}
.btn.main:hover{text-decoration:underline}
.btn[disabled]{border-color:var(--line);background:var(--canvas);color:var(--muted);cursor:default}
.one{display:inline}
.menu{position:relative}
.menu summary{list-style:none}
.menu summary::-webkit-details-marker{display:none}
.menu ul{position:absolute;inset-inline-end:0;z-index:2;width:max-content;max-width:80vw;margin-top:4px;padding:6px 0;\
border:1px solid var(--edge);border-radius:4px;background:var(--card);box-shadow:0 6px 18px rgba(0,0,0,.2)}
.menu .ask{position:absolute;inset-inline-end:0;z-index:2;width:300px;max-width:80vw;margin-top:4px;padding:14px 16px;\
border:1px solid var(--edge);border-radius:4px;background:var(--card);box-shadow:0 6px 18px rgba(0,0,0,.2)}
.menu .ask p{margin-bottom:10px;font-size:0.875rem;line-height:1.3125rem;color:var(--body)}
.menu a{display:block;padding:10px 16px;font-size:0.875rem;line-height:1.5rem;color:var(--ink)}
.badge{display:inline-block;padding:1px 10px;border:1px solid var(--line);border-radius:11px;\
background:var(--card);color:var(--body);font-size:0.8125rem;line-height:1.25rem;font-weight:600;white-space:nowrap}
.badge.info{border-color:transparent;background:var(--tint);color:var(--accent)}
.badge.good{border-color:transparent;background:var(--good-tint);color:var(--good)}
.badge.warn{border-color:transparent;background:var(--warn-tint);color:var(--warn)}
.badge.bad{border-color:transparent;background:var(--bad-tint);color:var(--bad)}
.tabs{display:flex;flex-wrap:wrap;gap:0 4px;margin-bottom:16px;border-bottom:1px solid var(--line)}
.tabs a{margin-bottom:-1px;padding:9px 14px 8px;border-bottom:3px solid transparent;font-size:0.875rem;\
font-weight:600;color:var(--muted);text-decoration:none}
.tabs a:hover{color:var(--accent)}
.tabs a[aria-current]{border-color:var(--accent);color:var(--ink)}
.tabs img{min-width:30px;min-height:22px;border-radius:11px;vertical-align:middle;background:var(--tint)}
.tabs .end{margin-inline-start:auto;align-self:center}
.tabs .end .btn{min-height:0;margin:3px 0;padding:8px 14px;border:1px solid var(--edge);color:var(--ink)}
.stack{display:grid;grid-template-columns:minmax(0,1fr);gap:20px}
.split{display:grid;grid-template-columns:minmax(0,1fr) 400px;gap:20px;align-items:start}
.split.back{grid-template-columns:430px minmax(0,1fr)}
.card{padding:14px 18px 18px;border:1px solid var(--line);border-radius:6px;background:var(--card)}
.card.flush{padding:0;overflow:hidden}
.title{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:2px 12px;\
margin-bottom:10px}
.title small,.hint{font-size:0.8125rem;line-height:1.1875rem;color:var(--muted)}
.hint{margin-top:8px}
.wide{position:relative;margin:-3px;padding:3px;overflow-x:auto}
.data{width:100%;border-collapse:collapse;font-size:0.875rem;line-height:1.25rem}
.data th,.data td{padding:9px 0;padding-inline-end:16px;border-bottom:1px solid var(--line);\
text-align:start;vertical-align:top}
.data thead th{color:var(--muted);font-size:0.8125rem;font-weight:600}
.data tbody th{color:var(--ink);font-weight:600}
.data tbody tr:last-child th,.data tbody tr:last-child td{border-bottom:0}
.data .n{text-align:end;white-space:nowrap}
.data thead .n{white-space:normal;vertical-align:bottom}
.data th:last-child,.data td:last-child{padding-inline-end:0}
.data .pic{width:180px}
.data small{display:block;font-size:0.8125rem;font-weight:400;color:var(--muted)}
.data a{color:var(--ink)}
.bar{display:block;width:100%;height:10px;margin-top:5px;border-radius:2px}
.back{fill:var(--heat1)}
.fill{fill:var(--heat4)}
.meter{display:block;width:100%;height:34px;margin-bottom:6px}
.meter text{font:13px var(--text);fill:var(--muted)}
.meter .mid{text-anchor:middle}
.meter .to{text-anchor:end}
.meter .good{fill:var(--good)}
.meter .warn{fill:var(--warn)}
.meter .bad{fill:var(--bad)}
.meter .mark{stroke:var(--ink);stroke-width:2}
.field{margin-top:14px}
.check,.field~.btn{margin-top:10px}
.ask-for{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:10px;align-items:end}
.ask-for .btn{min-height:42px;margin:0;padding:10px 16px}
summary h2{display:inline}
.jump{display:none}
.btn~.btn{margin-inline-start:10px}
.acts .btn{margin:0}
h3{margin-top:14px}
.field label,legend{display:block;margin-bottom:5px;padding:0;font-weight:600;font-size:0.875rem;\
line-height:1.25rem;color:var(--ink)}
select{text-overflow:ellipsis}
input,select,textarea{font:1rem/1.375rem var(--text);color:var(--ink)}
.field input,.field select,.field textarea{width:100%;min-height:42px;padding:9px 11px;\
border:1px solid var(--edge);border-radius:4px;background:var(--card)}
.field textarea{min-height:7.25rem}
.field [aria-invalid]{border:2px solid var(--bad)}
.wrong{margin-top:4px;font-size:0.875rem;line-height:1.25rem;font-weight:600;color:var(--bad)}
.check{display:flex;gap:10px;padding:6px 0;font-size:0.875rem;cursor:pointer}
.check input{flex:none;width:20px;height:20px;margin:1px 0;accent-color:var(--button)}
fieldset{margin:14px 0 0;padding:0;border:0}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px;align-items:start}
.figures{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));border:1px solid var(--line);\
border-radius:6px;background:var(--card)}
.figures div{padding:16px 20px 15px;border-inline-start:1px solid var(--line)}
.figures div:first-child{border-inline-start:0}
.figures dt{font-size:0.875rem;line-height:1.3125rem;color:var(--muted)}
.figures dd{font-size:0.8125rem;line-height:1.1875rem;color:var(--muted)}
.figures .value{font-size:1.75rem;line-height:2.375rem;font-weight:600;letter-spacing:-.4px;color:var(--ink)}
.usual{color:var(--muted)}
.figures .usual{display:block}
.notes li{font-size:0.875rem;line-height:1.3125rem;color:var(--body)}
.legend{display:flex;flex-wrap:wrap;gap:2px 22px;font-size:0.875rem}
.legend span{display:inline-flex;align-items:center;gap:8px}
.legend span::before{content:'';width:22px;border-top:3px solid var(--opens)}
.legend .c::before{border-color:var(--ink)}
.lines{display:block;width:100%;height:auto;margin-top:4px}
.slim{display:none}
.lines text{font:13px var(--text);fill:var(--muted)}
.lines .y,.lines .before{text-anchor:end}
.lines .x{text-anchor:middle}
.lines .peak,.lines .halo{font-weight:600;fill:var(--ink)}
.lines .halo{stroke:var(--card);stroke-width:5px;stroke-linejoin:round}
.grid{stroke:var(--line)}
.area{fill:var(--heat1)}
polyline{fill:none;stroke-width:2.5;stroke-linejoin:round}
.opens{stroke:var(--opens);stroke-width:6}
.clicks{stroke:var(--ink)}
circle{fill:var(--card);stroke-width:2.5}
.spark{display:block;max-width:100%}
.base{fill:var(--line)}
.funnel li{display:grid;grid-template-columns:88px minmax(0,1fr) 64px;gap:2px 12px;align-items:center;\
padding:5px 0;font-size:0.875rem;line-height:1.25rem}
.funnel .bar{height:26px;margin:0;border-radius:3px}
.funnel strong{text-align:end}
.funnel p{grid-column:2/4;font-size:0.8125rem;line-height:1.1875rem;color:var(--muted)}
.guess .fill{fill:var(--heat2)}
.heat{display:flex;align-items:center;gap:8px;margin-bottom:12px;font-size:0.8125rem;line-height:1.25rem;\
color:var(--muted)}
.h1{fill:var(--heat1)}
.h2{fill:var(--heat2)}
.h3{fill:var(--heat3)}
.h4{fill:var(--heat4)}
.h5{fill:var(--heat5)}
.report .split{align-items:stretch}
.report .back .card:first-child{display:flex;flex-direction:column}
.map{flex:1 0 1240px;overflow:auto;border:1px solid var(--line);border-radius:4px;background:var(--canvas)}
.facts div{display:flex;justify-content:space-between;gap:12px;padding:3px 0;font-size:0.875rem}
.facts dd{color:var(--ink);text-align:end}
summary{width:max-content;max-width:100%;padding:6px 0;cursor:pointer;font-size:0.875rem;\
text-decoration:underline}
.unsaved{margin:0}
.card:has(.unsaved){margin-bottom:16px}
.unsaved dt{color:var(--muted);margin-top:8px}
.unsaved dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.empty{padding:24px 0;color:var(--muted)}
iframe{display:block;width:100%;border:0}
@media (max-width:1080px){
.jump{display:block;margin-bottom:14px}
.split,.split.back,.pair{grid-template-columns:minmax(0,1fr)}
.figures{grid-template-columns:repeat(2,minmax(0,1fr))}
.figures div{border-inline-start:0;border-top:1px solid var(--line)}
.figures div:first-child,.figures div:nth-child(2){border-top:0}
.figures div:last-child:nth-child(odd){grid-column:1/-1}
}
@media (max-width:640px){
.top{padding:0 16px}
.top nav{order:3;width:100%;gap:0 18px}
.top nav a{padding:6px 0}
main{padding:0 16px 32px}
.head{padding:18px 0 14px}
.head .acts{width:100%}
.head .acts .btn,.head .acts .one,.head .acts .menu{flex:1 1 40%;text-align:center}
.head .acts .one .btn,.head .acts .menu .btn{width:100%}
.tabs a{padding:9px 11px 8px}
.card{padding:12px 14px 16px}
.figures div{padding:12px 14px}
.figures .value{font-size:1.4375rem;line-height:2rem}
.map{flex-basis:640px}
.broad{display:none}
.slim{display:block}
.data .pic{display:none}
.cards,.cards tbody,.cards tr,.cards th,.cards td{display:block}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards tr{padding:12px 0;border-bottom:1px solid var(--line)}
.cards tr:last-child{border-bottom:0}
.cards tbody th,.cards tbody td{padding:3px 0;border:0;white-space:normal}
.cards tbody td{display:grid;grid-template-columns:124px minmax(0,1fr);gap:0 10px;justify-items:start}
.cards td{overflow-wrap:anywhere}
.cards td::before{content:attr(data-label);color:var(--muted);font-size:0.8125rem;white-space:normal}
.cards td:empty{display:none}
.cards .n{text-align:start}
.data th,.data td{padding-inline-end:9px}
.data .n:has(+ .pic){padding-inline-end:0}
}
@media print{
.top nav,.who,.acts,.skip{display:none}
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_does_not_change_the_sheet() {
        assert!(!sheet(&Theme::default()).contains(['<', '>', '&', '"']));
    }

    #[test]
    fn badges_are_read_in_light_and_dark() {
        for (name, text, ground) in TONES {
            let shades = [(text.light, ground.light), (text.dark, ground.dark)];
            for (text, ground) in shades {
                assert!(text.contrast(ground) >= 5.0, "{name}: {text} on {ground}");
            }
        }
    }

    #[test]
    fn a_line_is_seen_on_the_card() {
        let theme = Theme::default();
        for (card, accent) in [
            (theme.card.light, theme.accent.light),
            (theme.card.dark, theme.accent.dark),
        ] {
            assert!(shape(card, accent).contrast(card) >= 3.0);
        }
    }
}
