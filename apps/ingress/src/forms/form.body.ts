import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { formTooLarge, type HttpRequest, MAX_FORM_FIELDS, Problem } from '@posthorn/http';
import { mediaTypeOf, unsupportedMediaType } from '../accepting/media.type.js';

/** What was typed, by the fields' names, in the order of the form. Whatever comes twice has several values. */
export type FormFields = ReadonlyMap<string, readonly string[]>;

const MAX_NAME_LENGTH = 200;
const REPLACEMENT = '\ufffd';

/** Reads a posted form. Throws the problem of what is none. */
export async function readFormBody(request: HttpRequest): Promise<FormFields> {
  const mediaType = mediaTypeOf(request.headers['content-type']);
  const raw = request.rawBody ?? Buffer.alloc(0);
  const fields = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    // Browsers write every line break as CR LF, whatever was typed.
    const text = value.replaceAll('\r\n', '\n');
    const known = fields.get(name);
    if (known === undefined) fields.set(name, [text]);
    else known.push(text);
  };
  if (mediaType === 'application/x-www-form-urlencoded') {
    for (const [name, values] of Object.entries((request.body ?? {}) as Record<string, string | string[]>)) for (const value of [values].flat()) add(name, value);
    refuseOtherEncodings(fields, raw.includes('%EF%BF%BD') || raw.includes('%ef%bf%bd'));
  } else if (mediaType === 'multipart/form-data') {
    await readMultipart(raw, request.headers['content-type'] ?? '', add);
    refuseOtherEncodings(fields, raw.includes(REPLACEMENT));
  } else {
    throw unsupportedMediaType('Send application/x-www-form-urlencoded or multipart/form-data, as browsers do.');
  }
  if ([...fields.keys()].some((name) => name.length > MAX_NAME_LENGTH)) throw malformed(`The name of a field has more than ${MAX_NAME_LENGTH} characters.`);
  return fields;
}

function readMultipart(body: Buffer, contentType: string, add: (name: string, value: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const parser = parserOf(contentType);
    let filesWithContent = 0;
    parser.on('field', (name, value, nameTruncated) => {
      if (nameTruncated) reject(malformed(`The name of a field has more than ${MAX_NAME_LENGTH} characters.`));
      else if (typeof name === 'string') add(name, value);
    });
    // A file input that was left empty is sent as a file without a name and without content.
    parser.on('file', (_name, file, filename) => {
      if (typeof filename === 'string' && filename !== '') filesWithContent += 1;
      file.on('data', () => (filesWithContent += 1)).on('error', () => reject(malformed()));
    });
    parser.on('partsLimit', () => reject(formTooLarge()));
    parser.on('error', () => reject(malformed()));
    parser.on('finish', () => {
      if (filesWithContent > 0) reject(filesNotTaken());
      else resolve();
    });
    parser.end(body);
  });
}

function parserOf(contentType: string): BusboyInstance {
  try {
    // The body is bounded already, and with it every value.
    const limits = { parts: MAX_FORM_FIELDS, fieldNameSize: MAX_NAME_LENGTH, fieldSize: Infinity, headerPairs: 20 };
    return new Busboy({ headers: { 'content-type': contentType }, limits });
  } catch (error) {
    throw malformed('The content-type needs a boundary.', error);
  }
}

// A page in another encoding sends its bytes, and nobody can tell which letters they were.
function refuseOtherEncodings(fields: FormFields, typed: boolean): void {
  if (typed) return;
  for (const [name, values] of fields) {
    if (!name.includes(REPLACEMENT) && !values.some((value) => value.includes(REPLACEMENT))) continue;
    throw new Problem({ status: 400, code: 'form-not-unicode', title: 'The form is not sent as UTF-8', detail: 'Write accept-charset="utf-8" into its <form>.' });
  }
}

function filesNotTaken(): Problem {
  return new Problem({ status: 422, code: 'files-not-taken', title: 'Files are not taken here', detail: 'Nothing was accepted. Send the form without a file.' });
}

function malformed(detail?: string, cause?: unknown): Problem {
  return new Problem({ status: 400, code: 'malformed-form', title: 'The form is not well-formed', ...(detail === undefined ? {} : { detail }), cause });
}
