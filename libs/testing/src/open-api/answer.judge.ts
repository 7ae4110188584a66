import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type DescribedApi, type DescribedResponse, type Place, placesOf } from './described.api.js';

export interface GivenAnswer {
  method: string;
  /** As it was asked for, without the question. */
  path: string;
  status: number;
  /** Undefined when there was none. */
  contentType: string | undefined;
  body: string;
}

const DOCUMENT = 'https://posthorn.dev/openapi.json';
/** What an address that is not there, or not for this method, is answered. */
const ELSEWHERE = [400, 404, 405, 408, 413, 414, 415, 417, 431];
const BODILESS = [204, 304];

/** Compares answers with what an OpenAPI document says they are. */
export class AnswerJudge {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: false, logger: false });
  private readonly compiled = new Map<string, ValidateFunction>();
  private readonly places: { place: Place; pattern: RegExp }[];

  constructor(private readonly document: DescribedApi) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ ...document, $id: DOCUMENT });
    // What is written out is meant before what a parameter stands for.
    this.places = placesOf(document)
      .map((place) => ({ place, pattern: patternOf(place.path) }))
      .sort((a, b) => rankOf(a.place.path).localeCompare(rankOf(b.place.path)));
  }

  /** Which operation a request is for. */
  placeOf(method: string, path: string): Place | undefined {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const here = this.places.filter(({ pattern }) => pattern.test(path));
    // Like the router: the most specific path that has the method.
    return here.find(({ place }) => place.method === wanted)?.place;
  }

  /** What of an answer is not as described, a sentence each. */
  complaintsAbout({ method, path, status, contentType, body }: GivenAnswer): string[] {
    const place = this.placeOf(method, path);
    // What browsers ask before they call says nothing but by its headers.
    if (method === 'OPTIONS' && status === 204 && body === '') return [];
    if (place === undefined) return this.elsewhere({ method, path, status, contentType, body });
    const at = ['paths', place.path, place.method.toLowerCase(), 'responses', String(status)];
    const response = place.operation.responses[String(status)];
    // Where a parameter is empty, the address is another one.
    if (response === undefined && path.endsWith('/') && ELSEWHERE.includes(status)) return this.elsewhere({ method, path, status, contentType, body });
    if (response === undefined) return [`${status} is not described; there are ${Object.keys(place.operation.responses).join(', ')}`];
    const [where, { content }] = response.$ref === undefined ? [at, response] : [response.$ref.split('/').slice(1), this.referred(response.$ref)];
    const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
    if (content === undefined || BODILESS.includes(status)) return body === '' ? [] : [`${status} has a body, and none is described`];
    if (mediaType === undefined) return [`${status} has no content type; described are ${Object.keys(content).join(', ')}`];
    if (content[mediaType] === undefined) return [`${status} is of the type ${mediaType}; described are ${Object.keys(content).join(', ')}`];
    if (method === 'HEAD') return body === '' ? [] : ['HEAD is answered with a body'];
    return this.mismatch([...where, 'content', mediaType, 'schema'], mediaType, body);
  }

  private elsewhere({ method, status, contentType, body }: GivenAnswer): string[] {
    if (!ELSEWHERE.includes(status)) return [`${status} from an address that is not described`];
    if (contentType?.startsWith('application/problem+json') !== true) return [`${status} is no problem, but ${contentType ?? 'nothing'}`];
    return method === 'HEAD' ? [] : this.mismatch(['components', 'schemas', 'Problem'], 'application/problem+json', body);
  }

  private mismatch(where: readonly string[], mediaType: string, body: string): string[] {
    const validate = this.validatorAt(where);
    let value: unknown = body;
    try {
      if (/^application\/(?:[\w.-]+\+)?json$/.test(mediaType)) value = JSON.parse(body);
    } catch {
      return ['what says that it is JSON is none'];
    }
    return validate(value) ? [] : [`the body is not as described: ${this.ajv.errorsText(validate.errors?.slice(0, 3))}`];
  }

  private validatorAt(where: readonly string[]): ValidateFunction {
    const pointer = where.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const known = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: `${DOCUMENT}#/${pointer}` });
    this.compiled.set(pointer, known);
    return known;
  }

  private referred(ref: string): DescribedResponse {
    return this.document.components.responses?.[ref.split('/').at(-1) ?? ''] ?? {};
  }
}

function patternOf(path: string): RegExp {
  const source = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{path\}$/, '.*').replace(/\{\w+\}/g, '[^/]*');
  return new RegExp(`^${source}$`);
}

/** Sorts letters before parameters, and those before what stands for several steps. */
const rankOf = (path: string): string => path.replace(/\{path\}$/, '\u{fff1}').replace(/\{\w+\}/g, '\u{fff0}');
