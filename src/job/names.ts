/** A valid name made from a file name. */
export const nameFrom = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '') || 'experiment'
