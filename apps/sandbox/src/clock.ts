import { Injectable } from '@nestjs/common';

/** The one source of time in the sandbox, so that a test can move it. */
@Injectable()
export class Clock {
  now(): number {
    return Date.now();
  }
}
