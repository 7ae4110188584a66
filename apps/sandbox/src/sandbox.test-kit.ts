import 'reflect-metadata';
import { shutDown } from '@posthorn/http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sandboxSection, type SandboxSection } from './config.js';
import { ProviderHost } from './provider.host.js';
import { createSandbox } from './sandbox.app.js';

export const TOKEN = 'pat-test-token';
export const CALDAV_ACCOUNT = { username: 'acme', password: 'calendar-secret' };

export interface RunningSandbox {
  app: NestFastifyApplication;
  url: string;
  smtpPort: number;
  stop(): Promise<void>;
}

/** The sandbox in this process, on free ports. */
export async function startSandbox(section: Partial<SandboxSection> = {}): Promise<RunningSandbox> {
  const app = await createSandbox(
    {
      service: 'sandbox',
      http: { host: '127.0.0.1', port: 0 },
      logLevel: 'silent',
      section: sandboxSection.parse({
        ingressUrl: 'http://127.0.0.1:9',
        siteKey: 'site-secret',
        hubspotToken: TOKEN,
        hubspotSearchLagMs: 0,
        caldav: CALDAV_ACCOUNT,
        smtp: { port: 0 },
        ...section,
      }),
    },
    { logger: false },
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, url: await app.getUrl(), smtpPort: app.get(ProviderHost).smtpPort, stop: () => shutDown(app) };
}

/** Scripts a fault over HTTP, as a test from outside does. */
export async function setFault(url: string, provider: 'hubspot' | 'smtp' | 'caldav', fault: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${url}/sandbox/faults/${provider}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  if (!answer.ok) throw new Error(`The fault was refused: ${await answer.text()}`);
}
