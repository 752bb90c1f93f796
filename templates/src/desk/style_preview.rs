//! What the sheet has for previews and for changing an edition. As `style.rs`, it survives escaping.

pub(super) const RULES: &str = "\
.narrow{max-width:420px}
.tall{height:1240px;background:var(--canvas)}
.window{display:grid;grid-template-columns:44px minmax(0,1fr) auto;gap:2px 14px;padding:14px 18px;\
border-bottom:1px solid var(--line)}
.window small,.when{font-size:0.8125rem;color:var(--muted)}
.window .leave{margin-inline-start:6px;color:var(--accent)}
.window p,.phone .line{overflow-wrap:anywhere}
.phones figure{min-width:0;max-width:100%}
.ava{grid-row:1/3;width:44px;height:44px;border-radius:50%;background:var(--button);color:var(--on-button);\
font:bold 1.25rem/2.75rem var(--headline);text-align:center}
.phones{display:flex;flex-wrap:wrap;gap:28px;justify-content:center}
figure{margin:0}
figcaption{margin-top:8px;text-align:center;font-size:0.8125rem;color:var(--muted)}
.phone{width:399px;max-width:100%;padding:12px;border-radius:36px;background:#1B2125;overflow:hidden}
.phone iframe{height:720px;background:#fff}
.phone .bar,.phone .line{margin:0;height:auto;padding:8px 18px;border-radius:0;background:#fff;color:#1B2125;font-size:0.875rem;\
line-height:1.25rem}
.phone .bar{display:flex;justify-content:space-between;border-radius:24px 24px 0 0;font-weight:600}
.phone .line strong{color:#101417}
.phone.dark .bar,.phone.dark .line{background:#171B1F;color:#C9D0D4}
.phone.dark .line strong{color:#F2F4F5}
.phone.dark iframe{background:#171B1F}
.preview .stack{gap:10px}
.preview .stack .card{padding:9px 18px 11px}
pre{margin:0;overflow:auto;font:0.8125rem/1.25rem ui-monospace,Menlo,Consolas,monospace}
.ruler{padding:10px 18px;border-bottom:1px solid var(--line);color:var(--muted)}
.text,.source{max-height:1180px;padding:14px 18px}
.card.sheet{max-height:1180px;overflow:auto}
.sheet pre{width:max-content;min-width:100%;max-height:none;overflow:visible}
.sheet .ruler{position:sticky;top:0;background:var(--card)}
.source{counter-reset:l}
.source:focus-visible,.sheet:focus-visible{outline-offset:-3px}
.source span{display:block;position:relative;padding-inline-start:58px;white-space:pre-wrap;\
overflow-wrap:anywhere}
.source span::before{counter-increment:l;content:counter(l);position:absolute;inset-inline-start:0;width:42px;\
text-align:end;color:var(--muted)}
.filebar{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:10px;\
padding:10px 18px;border-bottom:1px solid var(--line);font-size:0.875rem}
code{font:0.8125rem/1.25rem ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.sums{font-size:0.875rem;margin-bottom:8px}
.checks li{display:grid;grid-template-columns:96px minmax(0,1fr);gap:12px;padding:10px 0;\
border-top:1px solid var(--line)}
.checks strong{display:block}
.group{margin:18px 0 4px;font-size:0.9375rem}
.checks .badge,.results .badge{justify-self:start;align-self:start}
.checks small,.results small{display:block;font-size:0.8125rem;color:var(--muted);overflow-wrap:anywhere}
.mend{display:inline-block;padding:4px 0;font-size:0.875rem}
.reader .title{flex-wrap:nowrap;align-items:center;margin-bottom:0}
.steps{display:flex;align-items:center;gap:8px}
.steps span{font-size:0.8125rem;color:var(--muted)}
.steps .btn{flex:none;margin:0;padding:11px 12px;font-size:0.875rem}
.reader .field{margin-top:8px}
.steps [aria-disabled]{border-color:var(--line);color:var(--muted);cursor:default}
.hint.none{padding:6px 10px;border-inline-start:4px solid var(--warn);background:var(--warn-tint);color:var(--warn)}
.inbox{margin-bottom:8px;padding:10px 12px;border:1px solid var(--line);border-radius:4px;background:var(--canvas);\
font-size:0.875rem;line-height:1.25rem}
.inbox p:first-child{display:flex;justify-content:space-between;font-size:0.8125rem}
.once{overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
.twice{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
.big strong{font-size:1.375rem;line-height:1.875rem}
.results{margin-top:14px}
.results li{display:grid;grid-template-columns:86px minmax(0,1fr);gap:10px;align-items:start;padding:4px 0;font-size:0.875rem}
.stories li{display:flex;flex-wrap:wrap;align-items:center;gap:0 24px;padding:14px 0;border-top:1px solid var(--line)}
.stories li:first-child{padding-top:0;border-top:0}
.stories .title{margin:0;flex-wrap:nowrap}
.stories .title small{flex:none}
.stories h3{margin:0}
.stories .title,.more:has(details[open]){flex-basis:100%}
.stories .acts{margin-top:10px}
.stories .hint{margin-top:2px}
.more{display:flex;flex-wrap:wrap;gap:0 24px;margin-top:6px}
.more details[open]{flex-basis:100%}
.hint~.stories{margin-top:14px}
@media (max-width:640px){
.stories .title{display:block}
.ask-for{grid-template-columns:minmax(0,1fr)}
.stories .btn{padding:11px 12px}
.menu[open]{flex-basis:100%}
.menu .ask{position:static;width:auto;max-width:none}
.phone{width:100%;padding:0;border-radius:8px}
.phone .bar{border-radius:8px 8px 0 0}
.window{grid-template-columns:44px minmax(0,1fr)}
.window p{grid-column:2}
.checks li{grid-template-columns:minmax(0,1fr)}
}
";
