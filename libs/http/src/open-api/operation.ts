import type { z } from 'zod';
import { routeConfig } from '../route.config.js';

export type JsonSchema = Readonly<Record<string, unknown>>;
/** The schema that parses, or one in JSON Schema where none does. */
export type Schema = z.ZodType | JsonSchema;

/** Something in a path or a header. */
export interface Parameter {
  about: string;
  schema: Schema;
  required?: boolean;
}

export interface Answer {
  about: string;
  /** By media type. Absent: there is no body. */
  content?: Readonly<Record<string, Schema>>;
  /** What each header says. */
  headers?: Readonly<Record<string, string>>;
}

/** A request as it can be sent, and what it is answered: shown at /docs, and sent by the tests. */
export interface Example {
  title: string;
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is; anything else as JSON. */
  body?: unknown;
  /** Of the body; application/json unless given. */
  type?: string;
  status: number;
  /** What the answer looks like, for readers. */
  answer?: unknown;
}

/** What a handler does, for whoever calls it. What its route says already is not repeated: method, path, key, scope. */
export interface Operation {
  summary: string;
  about?: string;
  /** The part of the page it stands in. */
  tag: string;
  path?: Readonly<Record<string, Parameter>>;
  /** What the question is parsed with; parameters tell what they are by `.describe()`. */
  query?: z.ZodObject;
  headers?: Readonly<Record<string, Parameter>>;
  /** By media type. */
  body?: Readonly<Record<string, Schema>>;
  bodyOptional?: boolean;
  /** The answers that are no problems, by status. */
  answers: Readonly<Record<number, Answer>>;
  /** Codes by status, beside those that every route has. */
  problems?: Readonly<Record<number, readonly string[]>>;
  /** Problems are shown as pages to who does not ask for JSON. */
  pages?: boolean;
  examples?: readonly Example[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set by @Describe(). */
    operation?: Operation;
  }
}

/** Puts a handler into the document at /openapi.json. */
export const Describe = (operation: Operation): MethodDecorator => routeConfig({ operation });
