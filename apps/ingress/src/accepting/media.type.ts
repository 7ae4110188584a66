import { Problem } from '@posthorn/http';

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export function unsupportedMediaType(detail: string): Problem {
  return new Problem({ status: 415, code: 'unsupported-media-type', title: 'This content type is not understood here', detail });
}
