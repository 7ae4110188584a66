import { hash } from 'node:crypto';
import { escapeHtml, type HttpReply } from '@posthorn/http';
import type { Language } from './page.language.js';

/** One of our pages for visitors. Everything in it is plain text, which is escaped here. */
export interface Page {
  language: Language;
  title: string;
  body: string;
  siteName?: string | undefined;
  /** Things to put right. */
  list?: readonly string[];
  /** Posts to the page's own address, so that a token in it stays where it is. */
  button?: string | undefined;
  link?: { href: string; text: string } | undefined;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2733;--paper:#fff;--ground:#eef1f5;--brand:#0b6e4f;--soft:#5a6775}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--paper:#1b232c;--ground:#10161c;--brand:#3fbf8f;--soft:#9fadba}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--ink);font:1.0625rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:28rem;padding:2.5rem 2rem;background:var(--paper);border-radius:1rem;border-top:.3rem solid var(--brand);box-shadow:0 .5rem 2rem rgb(0 0 0/.08)}
p.site{margin:0;color:var(--soft);font-size:.9rem}
h1{margin:.25rem 0 .75rem;font-size:1.6rem;line-height:1.25}
p{margin:0}
ul{margin:1rem 0 0;padding-left:1.25rem}
li{overflow-wrap:anywhere}
a{display:inline-block;margin-top:1.5rem;color:var(--brand);font-weight:600}
button{margin-top:1.75rem;width:100%;padding:.85rem 1rem;font:inherit;font-weight:600;color:var(--paper);background:var(--brand);border:0;border-radius:.6rem;cursor:pointer}
button:hover{filter:brightness(1.08)}
button:focus-visible,a:focus-visible{outline:.2rem solid var(--ink);outline-offset:.15rem}
`;

/** Nothing runs and nothing is loaded; the one style sheet is allowed by its hash. */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function sendPage(reply: HttpReply, status: number, page: Page): void {
  void reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', PAGE_POLICY)
    .send(renderPage(page));
}

function renderPage({ language, title, body, siteName = '', list = [], button, link }: Page): string {
  const lines = [
    siteName && `<p class="site">${escapeHtml(siteName)}</p>`,
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>${escapeHtml(body)}</p>`,
    list.length > 0 && `<ul>${list.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`,
    link !== undefined && `<a href="${escapeHtml(link.href)}">${escapeHtml(link.text)}</a>`,
    button !== undefined && `<form method="post"><button>${escapeHtml(button)}</button></form>`,
  ];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${lines.filter((line) => line !== false && line !== '').join('\n')}
</main>
</body>
</html>
`;
}
