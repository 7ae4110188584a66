// Everything here is an addition: every page works without it.

for (const region of document.querySelectorAll('[data-poll]')) poll(region);
for (const form of document.querySelectorAll('form[data-once]')) sendOnce(form);
for (const area of document.querySelectorAll('[data-time-zone]')) chooseTimeZone(area);
for (const total of document.querySelectorAll('[data-total]')) addUp(total);

/** Shows the newest state of a region until its content says that it is final. */
function poll(region) {
  const every = Number(region.dataset.every);
  const next = () => setTimeout(ask, document.hidden ? every * 5 : every);
  async function ask() {
    try {
      const answer = await fetch(region.dataset.poll);
      const markup = await answer.text();
      // Replaced only when it differs, so that a screen reader is not told the same thing again.
      if (answer.ok && markup !== region.dataset.shown) {
        region.innerHTML = markup;
        region.dataset.shown = markup;
      }
    } catch {
      // The server is away for a moment: ask again.
    }
    if (!region.querySelector('[data-final]')) next();
  }
  if (!region.querySelector('[data-final]')) next();
}

function sendOnce(form) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
  });
  // Coming back with the browser's button must leave the form usable.
  window.addEventListener('pageshow', () => delete form.dataset.sent);
}

function chooseTimeZone(area) {
  const select = area.querySelector('select');
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!select || !here || select.closest('form').querySelector('[aria-invalid]')) return;
  if (![...select.options].some((option) => option.value === here)) select.add(new Option(here.replaceAll('_', ' '), here), 0);
  select.value = here;
}

function addUp(total) {
  const inputs = document.querySelectorAll('input[data-cents]');
  const show = () => {
    const cents = [...inputs].reduce((sum, input) => sum + Number(input.dataset.cents) * Math.max(0, Math.trunc(Number(input.value))), 0);
    total.hidden = cents === 0;
    total.querySelector('b').textContent = `€ ${(cents / 100).toFixed(2)}`;
  };
  for (const input of inputs) input.addEventListener('input', show);
  show();
}
