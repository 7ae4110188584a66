import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { median, percentile } from '../../bench/figure.js';
import { anyPorts } from '../../start/port.plan.js';
import { startStack } from '../../start/stack.js';
import { EXAMPLE_CONFIG } from '../../workspace.js';
import { type Finding, type Proof, type Proving } from '../proof.js';
import { LeadSender } from '../broker/lead.sender.js';
import { SlowClients } from './slow.socket.js';

const ROUNDS = 3;
/** So many others, each sending an event, waiting a moment, and sending the next: enough for a p99, too few to be a load. */
const OTHERS = 8;
const PAUSE_MS = 50;
/** Long enough for the first slow ones to be cut off. */
const SETTLING_MS = 3_000;
const WORSE_BY = 2;

/** A thousand clients that never come to an end, and others beside them who hardly notice. */
export const slowClientsProof: Proof = {
  about: 'many connections that send a byte a second: they are cut off, and others wait less than twice as long',
  options: {
    sockets: { about: 'how many slow clients', default: 1_000, least: 1, most: 3_000 },
    seconds: { about: 'how long each of six parts takes, with them and without in turn', default: 20, least: 2, most: 600 },
  },
  run: prove,
};

async function prove({ values: { sockets = 1_000, seconds = 20 }, signal, progress }: Proving): Promise<Finding> {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-slow-'));
  const stack = await startStack({ home, configFile: EXAMPLE_CONFIG, ports: await anyPorts(), signal, env: { ...process.env, POSTGRES_URL: '', NATS_URL: '', LOG_LEVEL: 'warn' } });
  try {
    const url = stack.urls['ingress'] ?? '';
    const others = new LeadSender(url, stack.keys.site);
    await delays(others, 2_000, signal);
    const [without, beside]: [number[], number[]] = [[], []];
    const endured = { cut: 0, told: 0, refused: 0 };
    let connected = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      without.push(await p99(others, seconds, signal));
      progress(`round ${round}: p99 without them ${without.at(-1)?.toFixed(1)} ms`);
      const slow = new SlowClients(new URL(url), stack.keys.site);
      slow.start(sockets);
      await pause(SETTLING_MS, undefined, { signal });
      connected = Math.max(connected, slow.connected);
      beside.push(await p99(others, seconds, signal));
      slow.stop();
      for (const what of ['cut', 'told', 'refused'] as const) endured[what] += slow.endured[what];
      progress(`round ${round}: p99 beside ${slow.connected === 0 ? sockets : slow.connected} slow clients ${beside.at(-1)?.toFixed(1)} ms, ${slow.endured.cut} of their connections cut`);
    }
    return findingOf({ sockets, seconds, connected, without: median(without), beside: median(beside), refusedToOthers: others.refused, ...endured });
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

interface Seen {
  sockets: number;
  seconds: number;
  connected: number;
  without: number;
  beside: number;
  refusedToOthers: number;
  cut: number;
  told: number;
}

function findingOf(seen: Seen): Finding {
  const ratio = seen.beside / seen.without;
  // A slow client has fifteen seconds; a part that is shorter ends before.
  const mustBeCut = seen.seconds >= 15;
  const complaints = [
    ...(seen.connected < seen.sockets * 0.95 ? [`Only ${seen.connected} of ${seen.sockets} slow clients were connected at once.`] : []),
    ...(ratio >= WORSE_BY ? [`Others waited ${ratio.toFixed(2)} times as long beside slow clients.`] : []),
    ...(seen.refusedToOthers > 0 ? [`${seen.refusedToOthers} events of others were not accepted.`] : []),
    ...(mustBeCut && seen.cut < seen.sockets ? [`Only ${seen.cut} connections of slow clients were cut off.`] : []),
  ];
  return {
    holds: complaints.length === 0,
    table: [
      ['what was looked at', 'without', `beside ${seen.sockets} slow clients`, 'ratio'],
      ['p99 of others, ms', seen.without.toFixed(1), seen.beside.toFixed(1), ratio.toFixed(2)],
      ['events of others refused', '', String(seen.refusedToOthers), ''],
      ['slow connections cut off, of these told 408', '', `${seen.cut}, ${seen.told}`, ''],
    ],
    figures: { ...seen, ratio },
    complaints,
  };
}

async function p99(others: LeadSender, seconds: number, signal: AbortSignal): Promise<number> {
  return percentile(await delays(others, seconds * 1_000, signal), 0.99);
}

async function delays(others: LeadSender, forMs: number, signal: AbortSignal): Promise<number[]> {
  const until = performance.now() + forMs;
  const taken: number[] = [];
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now();
      await others.submit();
      taken.push(performance.now() - began);
      await pause(PAUSE_MS, undefined, { signal });
    }
  };
  await Promise.all(Array.from({ length: OTHERS }, one));
  return taken;
}
