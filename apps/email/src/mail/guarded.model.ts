/** Handlebars itself asks every value for these. */
const ASKED_BY_HANDLEBARS = new Set(['toHTML', 'then', 'constructor']);

/**
 * A model that throws when a template asks for a name it does not have. Handlebars' own strict mode overlooks
 * names in conditions: a misspelt `{{#if}}` would simply never be true.
 */
export function guardedModel<T extends object>(model: T, path = ''): T {
  return new Proxy(model, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || typeof value === 'function') return value;
      if (!Object.hasOwn(target, key) && !Array.isArray(target) && !ASKED_BY_HANDLEBARS.has(key)) {
        throw new Error(`"${path}${key}" is not known here; known are ${Object.keys(target).join(', ')}`);
      }
      return typeof value === 'object' && value !== null ? guardedModel(value, `${path}${key}.`) : value;
    },
  });
}
