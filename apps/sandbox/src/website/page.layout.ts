import { asset } from './assets.js';
import { html, type Html, type Piece } from './html.js';

/** Only our own files: no inline script or style, nothing from elsewhere, and nobody may frame us. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Page {
  title: string;
  /** The path of the entry in the navigation that is the current one. */
  current: string;
  main: Piece;
  /** Reload this often without JavaScript. */
  refreshSeconds?: number | false;
}

const SHOP_LINKS = [
  ['/contact', 'Contact'],
  ['/appointment', 'Appointment'],
  ['/order', 'Order'],
  ['/newsletter', 'Newsletter'],
  ['/callback', 'Call back'],
] as const;

const BACKSTAGE_LINKS = [
  ['/journeys', 'Journeys'],
  ['/crm', 'CRM'],
  ['/inbox', 'Inbox'],
  ['/calendar', 'Calendar'],
  ['/faults', 'Faults'],
] as const;

function links(entries: readonly (readonly [string, string])[], current: string): Html[] {
  return entries.map(([path, label]) => {
    const here = path === current && html` aria-current="page"`;
    return html`<li><a href="${path}"${here}>${label}</a></li>`;
  });
}

/** A page of the shop: what a visitor of Acme Garden Design sees. */
export function shopPage(page: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>${head(page, 'Acme Garden Design')}</head>
<body class="shop">
<a class="skip" href="#main">Skip to content</a>
<header class="masthead">
  <div class="wrap masthead-row">
    <a class="brand" href="/">${leaf()}<span>Acme <b>Garden Design</b></span></a>
    <nav aria-label="Main"><ul>${links(SHOP_LINKS, page.current)}</ul></nav>
  </div>
</header>
<main id="main">${page.main}</main>
<footer class="footer">
  <div class="wrap">
    <p class="footer-brand">Acme Garden Design <span>Lindenweg 4 · 10115 Berlin · since 1987</span></p>
    <div class="footer-stage">
      <p>This shop is a demonstration. What you send here travels through Posthorn; look where it arrives:</p>
      <ul>${links(BACKSTAGE_LINKS, page.current)}</ul>
    </div>
  </div>
</footer>
</body>
</html>`;
}

/** A page behind the scenes: what the shop's systems hold. It must not look like the shop. */
export function backstagePage(page: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>${head(page, 'Behind the scenes')}</head>
<body class="backstage">
<a class="skip" href="#main">Skip to content</a>
<header class="bar">
  <div class="bar-row">
    <p class="bar-title"><span class="lamp" aria-hidden="true"></span>Behind the scenes</p>
    <nav aria-label="Behind the scenes"><ul>${links(BACKSTAGE_LINKS, page.current)}</ul></nav>
    <a class="bar-exit" href="/">To the shop</a>
  </div>
</header>
<main id="main" class="stage">${page.main}</main>
</body>
</html>`;
}

function head({ title, refreshSeconds }: Page, place: string): Html {
  return html`
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${place}</title>
<link rel="icon" href="${asset('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${asset('base.css')}">
<link rel="stylesheet" href="${asset(place === 'Behind the scenes' ? 'backstage.css' : 'shop.css')}">
<script src="${asset('site.js')}" defer></script>
${refreshSeconds ? html`<noscript><meta http-equiv="refresh" content="${refreshSeconds}"></noscript>` : ''}
`;
}

function leaf(): Html {
  return html`<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false"><path d="M27 4C14 4 6 10 6 19c0 2 .4 3.7 1 5C10 16 15 12 21 10c-6 4-10 9-12 17l2 1c1-2 1.8-3.600 3-5 9 0 14-7 13-19z" fill="currentColor"/></svg>`;
}
