import { expect, it } from 'vitest';
import type { Result } from './figure.js';
import { renderResult, reportJson } from './report.js';

const result: Result = {
  name: 'accepting',
  title: 'Accepting events',
  ours: 'the ingress',
  bare: 'Fastify',
  figures: [
    { what: 'events accepted', unit: '/s', better: 'higher', ours: 3_544.4, bare: 4_268, aim: { of: 'ratio', value: 0.7 } },
    { what: 'time to 202, p99', unit: 'ms', better: 'lower', ours: 52, bare: 0.75, aim: { of: 'ours', value: 30 } },
    { what: 'size', unit: 'MB', better: 'lower', ours: Number.NaN, bare: 111 },
  ],
};

it('shows each figure beside its baseline, with the ratio and whether the aim was reached', () => {
  expect(renderResult(result).split('\n')).toEqual([
    '  Accepting events',
    '  Posthorn: the ingress',
    '  bare:     Fastify',
    '',
    '                     Posthorn       bare   ratio   aim',
    '  events accepted    3,544 /s   4,268 /s    0.83   ≥ 0.70 ✓',
    '  time to 202, p99      52 ms    0.75 ms   69.33   ≤ 30 ms ✗',
    '  size                      –     111 MB       –',
  ]);
});

it('calls the sides by other names where something else is compared', () => {
  const [, ours, bare, , titles] = renderResult({ ...result, sides: { ours: 'here', bare: '27050a8' } }).split('\n');
  expect([ours, bare]).toEqual(['  here:    the ingress', '  27050a8: Fastify']);
  expect(titles).toMatch(/^ +here +27050a8 +ratio +aim$/);
});

it('gives programs the same, with the circumstances', () => {
  const circumstances = { node: 'v24.0.0', processor: 'x', cores: 2, loadBefore: 0.5 };
  expect(JSON.parse(reportJson([result], circumstances))).toMatchObject({
    ...circumstances,
    benchmarks: [{ name: 'accepting', figures: [{ what: 'events accepted', ratio: 0.83, met: true }, { met: false }, { ours: null }] }],
  });
});
