export function environmentFile(): string;
export function writeEnvironmentFile(file: string): boolean;
