import { html, type Html } from '../html.js';
import { shopPage } from '../page.layout.js';

const SERVICES = [
  ['Design', 'We walk your garden with you, measure it and draw it: paths, beds, shade and water, season by season.'],
  ['Planting', 'Our own nursery grows what thrives here. We plant it, and come back to see that it does.'],
  ['Care', 'Pruning in February, mulch in May, bulbs in October. As much of it as you would rather not do.'],
] as const;

export function homePage(): Html {
  return shopPage({
    title: 'Gardens that grow on you',
    current: '/',
    main: html`
<section class="hero">
  <div class="wrap hero-grid">
    <div>
      <p class="eyebrow">Garden design in Berlin</p>
      <h1>Gardens that grow on&nbsp;you.</h1>
      <p class="lead">A good garden is not finished when we leave. We design and plant it so that it is better in its fifth summer than in its first.</p>
      <p class="actions"><a class="button" href="/appointment">Book a garden visit</a> <a class="button quiet" href="/contact">Ask us something</a></p>
    </div>
    ${garden()}
  </div>
</section>
<section class="wrap band" aria-labelledby="what">
  <h2 id="what">What we do</h2>
  <ul class="cards">${SERVICES.map(([title, text]) => html`<li class="card"><h3>${title}</h3><p>${text}</p></li>`)}</ul>
</section>
<section class="tinted">
  <div class="wrap band split">
    <div>
      <h2>The garden letter</h2>
      <p>Once a month: what to sow, what to cut, and one plant you may not know. No more than that.</p>
      <p class="actions"><a class="button" href="/newsletter">Subscribe</a></p>
    </div>
    <div>
      <h2>From our workshop</h2>
      <p>Raised beds, herb spirals and garden plans, made to order and brought to your gate.</p>
      <p class="actions"><a class="button" href="/order">See what we make</a></p>
    </div>
  </div>
</section>`,
  });
}

/** A garden at evening, drawn by hand: sun, hills, path and a few plants. */
function garden(): Html {
  return html`<svg class="hero-art" viewBox="0 0 480 420" role="img" aria-label="A drawing of a garden with a path between beds and trees">
<defs><clipPath id="arch"><path d="M40 420V200a200 190 0 0 1 400 0v220z"/></clipPath></defs>
<g clip-path="url(#arch)">
<rect width="480" height="420" class="sky"/>
<circle cx="318" cy="150" r="52" class="sun"/>
<path d="M0 258c70-58 150-62 226-22s170 30 254-24v208H0z" class="hill-far"/>
<path d="M0 306c90-50 160-28 246-8s160 6 234-30v152H0z" class="hill"/>
<path d="M246 300c-6 26 42 36 26 62s-96 24-112 58h178c-2-30 40-48 12-78s-88-20-92-42z" class="path"/>
<g class="tree"><path d="M118 296v-92" /><ellipse cx="118" cy="176" rx="40" ry="56"/></g>
<g class="tree tall"><path d="M392 292V168"/><path d="M392 88c26 34 34 76 0 130-34-54-26-96 0-130z"/></g>
<g class="tree"><path d="M346 296v-40"/><circle cx="346" cy="240" r="26"/></g>
<g class="stems"><path d="M68 420c4-50-4-70-12-92M86 420c0-44 8-66 18-88M106 420c-2-36 12-52 26-70M408 420c0-46-10-70-20-92M424 420c0-40 2-60 4-84M388 420c0-34-14-48-30-62"/></g>
<g class="bloom"><circle cx="56" cy="326" r="10"/><circle cx="132" cy="348" r="10"/><circle cx="387" cy="326" r="11"/><circle cx="357" cy="356" r="9"/></g>
<g class="bloom light"><circle cx="104" cy="330" r="12"/><circle cx="427" cy="334" r="10"/></g>
</g></svg>`;
}
