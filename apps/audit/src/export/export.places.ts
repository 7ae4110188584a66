import type { Readable } from 'node:stream';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { Problem } from '@posthorn/http';

/** Each keeps a core and a connection to Postgres busy, and the log is there to be written first. */
const AT_ONCE = 4;
const RETRY_AFTER_SECONDS = 30;

/** How many exports may run at a time in this process. */
@Injectable()
export class ExportPlaces implements OnModuleInit {
  private readonly running = new Set<Readable>();
  private taken = 0;

  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {}

  onModuleInit(): void {
    // An export can take an hour, and can be continued: stopping does not wait for it.
    this.host.httpAdapter.getInstance().addHook('preClose', (done) => {
      for (const stream of this.running) stream.destroy();
      done();
    });
  }

  /** Holds a place until the stream has ended, or its reader has gone. Throws a Problem (429) when there is none. */
  async take(open: () => Promise<Readable>): Promise<Readable> {
    if (this.taken >= AT_ONCE) throw noPlace();
    this.taken += 1;
    try {
      const stream = await open();
      this.running.add(stream);
      stream.once('close', () => {
        this.running.delete(stream);
        this.taken -= 1;
      });
      return stream;
    } catch (error) {
      this.taken -= 1;
      throw error;
    }
  }
}

const noPlace = (): Problem =>
  new Problem({
    status: 429,
    code: 'exports-busy',
    title: 'Too many exports at a time',
    detail: `${AT_ONCE} exports run already. Wait for one of them to end.`,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
