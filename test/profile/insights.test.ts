import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rules } from '../../src/profile/insights.ts'

const sources = readdirSync(import.meta.dirname)
  .filter(name => name.endsWith('.test.ts'))
  .map(name => readFileSync(join(import.meta.dirname, name), 'utf8'))
  .join('\n')

describe('the table of findings', () => {
  it.each(rules.map(rule => [rule.id, rule] as const))('%s is whole and has a test', (id, rule) => {
    expect(id).toMatch(/^W_[A-Z]+(_[A-Z]+)*$/)
    expect(['high', 'medium', 'low']).toContain(rule.severity)
    for (const part of [rule.why, rule.harmlessWhen, rule.action]) expect(part).toMatch(/^\S[^]{10,}\.$/)
    // An action names a flag, a setting, an edit or a thing to look at; none is needed only where it says so.
    expect(rule.action).toMatch(
      /--[a-z]|candidates\.json|"glasspilot|^None needed|[Ww]rite|[Rr]eplace|[Rr]emove|[Ss]ave|[Aa]dd|[Cc]ollect|[Cc]orrect|[Cc]heck|[Jj]oin|[Dd]elete|[Mm]ove|[Pp]ut|[Gg]ive|[Kk]eep|[Ll]ook|[Ff]ill|[Rr]ename|[Ss]horten/,
    )
    expect(sources).toContain(`'${id}'`)
  })

  it('has each id once', () => {
    expect(new Set(rules.map(rule => rule.id)).size).toBe(rules.length)
  })
})
