import { type PreviewCall } from '@posthorn/contracts';

/** Whatever it is asked to do, it notes and does not do. */
export function notingProvider(calls: PreviewCall[]): unknown {
  return new Proxy(Object.create(null) as object, {
    get: (_, name) => {
      // Neither a promise nor a text: who awaits or prints it must not be noted as asking for something.
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON') return undefined;
      return (...args: unknown[]): Promise<object> => {
        calls.push({ does: name, with: presentable(args[0]) });
        return Promise.resolve({});
      };
    },
  });
}

const LONGEST_TEXT = 4_000;
/** Links of mails are signed with tokens that could be used, and nobody is to have them for the asking. */
const TOKEN = /[A-Za-z0-9_-]{64,}/g;

/** As JSON has it; texts cut short, and what could be a secret left out. */
function presentable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, field: unknown) => {
      if (typeof field !== 'string') return field;
      const text = field.replaceAll(TOKEN, '…');
      return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}… (${text.length - LONGEST_TEXT} more characters)`;
    }),
  );
}
