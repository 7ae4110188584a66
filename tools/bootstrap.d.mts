export function atLeast(version: string, oldest: readonly [number, number]): boolean;
export function needsInstall(root: string): boolean;
export function isBuilt(root: string): boolean;
export function fingerprint(root: string): string;
export function pickNode(
  root: string,
  machine?: { platform?: string; arch?: string; version?: string; execPath?: string; works?: (path: string) => boolean },
): { path: string; error?: undefined } | { path?: undefined; error: string };
