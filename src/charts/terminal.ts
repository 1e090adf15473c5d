export const confusionTable = (
  m: { labels: readonly string[]; counts: readonly (readonly number[])[] },
  _o: { width: number },
): string => m.counts.map((r, i) => m.labels[i] + ' ' + r.join(' ')).join('\n')
