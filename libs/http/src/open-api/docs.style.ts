/** Of the page at /docs: one style sheet, allowed by its hash. */
export const DOCS_STYLE = `
:root{color-scheme:light dark;--ink:#1d2733;--paper:#fff;--ground:#f4f6f9;--line:#dbe1e8;--soft:#5a6775;--brand:#0b6e4f;--code:#f0f3f7;--get:#0b62a8;--post:#0b6e4f;--other:#8a5a00;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--paper:#171e26;--ground:#0f151b;--line:#2b3642;--soft:#9fadba;--brand:#3fbf8f;--code:#10171e;--get:#6cb6ff;--post:#3fbf8f;--other:#e0b050;--bad:#ff8a80}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;display:grid;grid-template-columns:minmax(15rem,20rem) minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem 3rem;border-right:1px solid var(--line);background:var(--paper);font-size:.875rem}
nav h2{margin:1.25rem 0 .25rem;font-size:.75rem;letter-spacing:.05em;text-transform:uppercase;color:var(--soft)}
nav a{display:flex;gap:.5rem;padding:.2rem .4rem;border-radius:.35rem;color:inherit;text-decoration:none;overflow-wrap:anywhere}
nav a:hover{background:var(--ground)}
nav b{flex:0 0 3.7rem;overflow-wrap:normal;font-size:.7rem;line-height:1.9}
main{padding:2rem clamp(1rem,4vw,3.5rem) 6rem;max-width:64rem;min-width:0}
h1{margin:0 0 .5rem;font-size:2rem;line-height:1.2}
main>h2{margin:3rem 0 0;font-size:1.35rem}
article{margin-top:1.25rem;padding:1.5rem;background:var(--paper);border:1px solid var(--line);border-radius:.75rem}
article h3{margin:0;font:600 1.02rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
article h3 a{color:inherit;text-decoration:none}
article h4{margin:1.5rem 0 .4rem;font-size:.8rem;letter-spacing:.04em;text-transform:uppercase;color:var(--soft)}
.summary{margin:.35rem 0 0;font-size:1.1rem;font-weight:600}
.about{margin:.5rem 0 0;white-space:pre-line}
.key{margin:.5rem 0 0;color:var(--soft);font-size:.9rem}
.get{color:var(--get)}.post{color:var(--post)}.put,.delete,.options,.patch{color:var(--other)}
.bad{color:var(--bad)}
code,pre{font:.86em/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{padding:.08em .3em;background:var(--code);border-radius:.25rem;overflow-wrap:anywhere}
pre{margin:.4rem 0 0;padding:.85rem 1rem;overflow:auto;background:var(--code);border:1px solid var(--line);border-radius:.5rem}
pre code{padding:0;background:none}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th,td{padding:.45rem .75rem .45rem 0;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
tr:first-child>*{border-top:0}
td:first-child{white-space:nowrap}
details{margin-top:.35rem}
summary{cursor:pointer;color:var(--brand)}
ul.fields{margin:.25rem 0 0;padding-left:1.1rem;list-style:none;border-left:2px solid var(--line);font-size:.92rem}
ul.fields li{margin:.2rem 0}
.soft{color:var(--soft)}
a{color:var(--brand)}
a:focus-visible,summary:focus-visible{outline:.15rem solid var(--ink);outline-offset:.1rem}
@media(max-width:56rem){body{display:block}nav{position:static;height:auto;max-height:40vh;border-right:0;border-bottom:1px solid var(--line)}td:first-child{white-space:normal}}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
`;
