import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { caldavRoutes, wellKnownCaldav } from './caldav/caldav.routes.js';
import { Clock } from './clock.js';
import type { SandboxConfig } from './config.js';
import { FaultBoard } from './faults/fault.board.js';
import { hubspotRoutes } from './hubspot/hubspot.routes.js';
import { SandboxSmtpServer } from './mail/smtp.server.js';
import { ProviderStores } from './records/provider.stores.js';
import { SANDBOX_CONFIG } from './tokens.js';

const CALDAV_PREFIX = '/caldav';

/** Starts and stops the simulated providers with the application. */
@Injectable()
export class ProviderHost implements OnApplicationBootstrap, OnApplicationShutdown {
  private smtp: SandboxSmtpServer | undefined;
  private port = 0;

  constructor(
    @Inject(SANDBOX_CONFIG) private readonly config: SandboxConfig,
    private readonly board: FaultBoard,
    private readonly clock: Clock,
    private readonly stores: ProviderStores,
  ) {}

  /** The port mail is taken on, once the application has started. */
  get smtpPort(): number {
    return this.port;
  }

  /** HubSpot and CalDAV speak HTTP of their own kind, beside Nest's controllers rather than through them. */
  addRoutes(app: FastifyInstance): void {
    const { hubspot, calls, calendar } = this.stores;
    const { hubspotToken, caldav } = this.config.section;
    app.register(hubspotRoutes({ store: hubspot, calls, board: this.board, clock: this.clock, token: hubspotToken }), { prefix: '/hubspot' });
    app.register(caldavRoutes({ store: calendar, board: this.board, prefix: CALDAV_PREFIX, ...caldav }), { prefix: CALDAV_PREFIX });
    wellKnownCaldav(app, CALDAV_PREFIX);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.stores.snapshot.load();
    const { port, username, password, starttls } = this.config.section.smtp;
    this.smtp = new SandboxSmtpServer({ mailbox: this.stores.mailbox, board: this.board, username, password, starttls });
    this.port = await this.smtp.listen(port, this.config.http.host);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.smtp?.close();
    await this.stores.snapshot.flush();
  }
}
