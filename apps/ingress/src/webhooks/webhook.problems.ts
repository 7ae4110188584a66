import { Problem } from '@posthorn/http';
import type { Fault, SignatureScheme } from '@posthorn/webhooks';

export function unknownSource(): Problem {
  return new Problem({
    status: 404, code: 'webhook-source-unknown', title: 'There is no such source of webhooks',
    detail: 'The address ends in <site>.<source>, as both are named in the configuration of ingress.',
  });
}

/** Says what to look at; what was expected is nobody's business. */
export function unauthentic(fault: Fault, { header, layout, timestampHeader = '' }: SignatureScheme): Problem {
  const time = layout === 'pairs' ? `t= in ${header}` : timestampHeader;
  switch (fault) {
    case 'signature-missing':
      return refused({ code: 'signature-missing', title: 'The webhook is not signed', detail: `Give the sender a secret, so that it sends ${header}.` }, header);
    case 'timestamp-outside-tolerance':
      return refused(
        { code: 'signature-expired', title: 'The webhook was signed too long ago, or in the future', detail: `Set the clocks of both machines by NTP; ${time} has the time of the signature.` },
        header,
      );
    case 'signature-malformed':
    case 'timestamp-missing':
    case 'timestamp-malformed':
    case 'id-missing':
    case 'signature-mismatch':
      return refused(
        {
          code: 'signature-invalid',
          title: 'The signature of the webhook is not right',
          detail: `Compare the secret of the sender with that of the source, and look whether something in between changes the body or ${header}. posthorn webhooks verify finds out from a captured request.`,
        },
        header,
      );
  }
}

function refused(problem: { code: string; title: string; detail: string }, header: string): Problem {
  return new Problem({ ...problem, status: 401, headers: { 'www-authenticate': `Signature realm="posthorn", header="${header}"` } });
}
