import { expect } from 'vitest'
import { rules } from '../../src/profile/insights.ts'
import type { Insight } from '../../src/profile/profile.ts'

const ids = new Set(rules.map(rule => rule.id))

/** What every finding owes its reader, whatever it found: a known id, a severity, figures, four whole sentences. */
export function conforms(insights: readonly Insight[]): readonly Insight[] {
  for (const insight of insights) {
    const { id, severity, title, numbers } = insight
    expect(ids, id).toContain(id)
    expect(['high', 'medium', 'low'], id).toContain(severity)
    expect(title, id).toMatch(/^[A-Z].{3,}[^.]$/)
    for (const part of ['fact', 'why', 'harmlessWhen', 'action'] as const)
      expect(insight[part], `${id}: ${part}`).toMatch(/^\S[^]{10,}\.$/)
    expect(insight.fact, id).not.toMatch(/undefined|NaN|Infinity|\[object/)
    expect(Object.keys(numbers).length, id).toBeGreaterThan(0)
    for (const value of Object.values(numbers))
      expect(typeof value === 'string' || Number.isFinite(value), `${id} ${JSON.stringify(numbers)}`).toBe(
        true,
      )
  }
  const order = insights.map(({ severity }) => ['high', 'medium', 'low'].indexOf(severity))
  expect(order).toEqual([...order].sort((a, b) => a - b))
  return insights
}
