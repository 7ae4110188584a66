/** What is to be sent, as it stands in the browser. Neither a key nor an address is kept with it. */
export interface Submission {
  /** Below the address of Posthorn. */
  path: string;
  body: string;
  /** The purpose that somebody has to agree to before it may be kept or sent. */
  purpose?: string | undefined;
  /** When it is dropped, in ms. */
  until: number;
}

const MOST = 50;
const DAYS = 7 * 86_400_000;

/** Each submission under a key of its own, so that two pages never write over each other. */
export class KeptSubmissions {
  private readonly prefix: string;

  /** Of one Posthorn: a page may have several. */
  constructor(base: string) {
    this.prefix = `posthorn ${base} `;
  }

  static lasting(submission: Omit<Submission, 'until'>): Submission {
    return { ...submission, until: Date.now() + DAYS };
  }

  /** False where there is no room, or the browser lets nothing be kept. What is kept already is never given up for it. */
  keep(id: string, submission: Submission): boolean {
    try {
      if (this.all().length >= MOST) return false;
      localStorage.setItem(this.prefix + id, JSON.stringify(submission));
      return true;
    } catch {
      return false;
    }
  }

  drop(id: string): void {
    try {
      localStorage.removeItem(this.prefix + id);
    } catch {
      // Nothing can be kept here either.
    }
  }

  /** The oldest first, without those whose time is over. */
  all(): [id: string, submission: Submission][] {
    const found: [string, Submission][] = [];
    try {
      for (const key of Object.keys(localStorage).sort()) {
        if (!key.startsWith(this.prefix)) continue;
        const id = key.slice(this.prefix.length);
        const submission = read(localStorage.getItem(key));
        if (submission && submission.until > Date.now()) found.push([id, submission]);
        else this.drop(id);
      }
    } catch {
      // No storage: nothing is kept.
    }
    return found;
  }
}

function read(text: string | null): Submission | undefined {
  try {
    return JSON.parse(text ?? '') as Submission;
  } catch {
    return undefined;
  }
}
