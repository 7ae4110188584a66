/** Shows the values of the second under the pointer. Plain JavaScript for the browser. */
export const PAGE_SCRIPT = `
const data = JSON.parse(document.getElementById('data').textContent);
const svg = document.getElementById('timeline'), cursor = document.getElementById('cursor'), readout = document.getElementById('readout');
const { left, plot, width } = svg.dataset, hint = readout.textContent;
svg.addEventListener('pointermove', (event) => {
  const box = svg.getBoundingClientRect();
  const x = (event.clientX - box.left) * (width / box.width);
  const second = Math.floor(((x - left) / plot) * data.accepted.length);
  if (second < 0 || second >= data.accepted.length) return leave();
  cursor.setAttribute('x1', x); cursor.setAttribute('x2', x); cursor.setAttribute('visibility', 'visible');
  const now = data.start + second * 1000;
  const broken = data.incidents.filter(([, , from, to]) => from < now + 1000 && to > now).map(([lane, kind]) => lane + ' ' + kind);
  const waiting = Object.entries(data.waiting).map(([service, values]) => service + ' ' + values[second]).join(', ');
  readout.textContent = second + ' s: ' + data.accepted[second] + ' accepted, ' + data.delivered[second] + ' delivered; waiting: ' + waiting + (broken.length ? '; broken: ' + broken.join(', ') : '');
});
svg.addEventListener('pointerleave', leave);
function leave() { cursor.setAttribute('visibility', 'hidden'); readout.textContent = hint; }
`;
