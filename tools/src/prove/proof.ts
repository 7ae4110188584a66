/** A whole number on the command line. */
export interface ProofOption {
  about: string;
  default: number;
  least: number;
  most: number;
}

export interface Proof {
  /** One line for --help. */
  about: string;
  options: Readonly<Record<string, ProofOption>>;
  run: (proving: Proving) => Promise<Finding>;
}

export interface Proving {
  /** The options by name, with their defaults. */
  values: Readonly<Record<string, number>>;
  /** Aborted when somebody asks us to stop: end what was started, then reject. */
  signal: AbortSignal;
  progress: (line: string) => void;
}

/** What a proof has found. */
export interface Finding {
  holds: boolean;
  /** The table for people: the first row is its head. */
  table: readonly (readonly string[])[];
  /** For scripts; numbers rather than prose. */
  figures: Readonly<Record<string, unknown>>;
  /** What is wrong, a sentence each. */
  complaints: readonly string[];
}
