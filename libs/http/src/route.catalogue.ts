import { Problem } from './problem.error.js';

interface Route {
  pattern: RegExp;
  methods: Set<string>;
}

/** Knows which methods a path has, to tell "not here" (404) from "not this way" (405). */
export class RouteCatalogue {
  private readonly routes = new Map<string, Route>();

  add(url: string, methods: string | string[]): void {
    const route = this.routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const method of [methods].flat()) route.methods.add(method);
    this.routes.set(url, route);
  }

  problemFor(method: string, url: string): Problem {
    const path = url.split('?', 1)[0] ?? url;
    const allowed = new Set<string>();
    for (const route of this.routes.values()) {
      if (route.pattern.test(path)) for (const known of route.methods) allowed.add(known);
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
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z0-9_]+/g, '[^/]+')
    .replace(/\*/g, '.*');
  return new RegExp(`^${source}/?$`);
}
