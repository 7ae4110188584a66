export interface SiteColours {
  accent: string;
  /** Readable on the accent. */
  onAccent: string;
  /** The accent, darkened until it is readable on white. */
  accentOnLight: string;
  /** The accent, lightened until it is readable on a dark background. */
  accentOnDark: string;
}

const DARK_CARD = '#181b21';
/** WCAG AA for text of normal size. */
const READABLE = 4.5;

export function siteColours(accent: string): SiteColours {
  const white = contrast(accent, '#ffffff');
  const onAccent = white >= READABLE || white >= contrast(accent, '#111318') ? '#ffffff' : '#111318';
  return { accent, onAccent, accentOnLight: readable(accent, '#ffffff', '#000000'), accentOnDark: readable(accent, DARK_CARD, '#ffffff') };
}

/** The colour, mixed with as little of the other as it takes to be readable on the ground. */
function readable(colour: string, ground: string, other: string): string {
  let mixed = colour;
  for (let share = 0.1; contrast(mixed, ground) < READABLE && share <= 1; share += 0.1) mixed = mix(colour, other, share);
  return mixed;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mix(colour: string, other: string, share: number): string {
  const others = channels(other);
  const mixed = channels(colour).map((channel, index) => Math.round(channel + ((others[index] ?? 0) - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

const channels = (colour: string): number[] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
