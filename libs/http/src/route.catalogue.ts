import type { FastifyContextConfig } from 'fastify';
import { Problem } from './problem.error.js';

/** A route as Fastify was told of it. */
export interface Route {
  method: string;
  url: string;
  config: FastifyContextConfig;
}

interface Place {
  pattern: RegExp;
  methods: Map<string, FastifyContextConfig>;
}

/** Knows which methods a path has, to tell "not here" (404) from "not this way" (405), and to describe them all. */
export class RouteCatalogue {
  private readonly places = new Map<string, Place>();

  add(url: string, methods: string | string[], config: FastifyContextConfig = {}): void {
    const place = this.places.get(url) ?? { pattern: patternOf(url), methods: new Map<string, FastifyContextConfig>() };
    for (const method of [methods].flat()) place.methods.set(method, config);
    this.places.set(url, place);
  }

  /** Without HEAD, which is wherever GET is. */
  get routes(): Route[] {
    return [...this.places].flatMap(([url, { methods }]) => [...methods].filter(([method]) => method !== 'HEAD').map(([method, config]) => ({ method, url, config })));
  }

  problemFor(method: string, url: string): Problem {
    const path = url.split('?', 1)[0] ?? url;
    const allowed = new Set<string>();
    for (const { pattern, methods } of this.places.values()) {
      if (pattern.test(path)) for (const known of methods.keys()) allowed.add(known);
    }
    if (allowed.size === 0 || allowed.has(method)) {
      return new Problem({ status: 404, code: 'not-found', title: 'There is nothing at this address' });
    }
    const allow = [...allowed].sort().join(', ');
    return new Problem({
      status: 405,
      code: 'method-not-allowed',
      title: 'This method is not allowed here',
      detail: `Use ${allow}.`,
      headers: { allow },
    });
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .replace(/(:\w+)\([^)]*\)/g, '$1')
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:\w+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}/?$`);
}
