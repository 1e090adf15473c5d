import type { ColumnProfile } from '../profile/profile.ts'
import { figure } from '../util/text.ts'
import { fragment } from './html.ts'
import type { Markup } from './html.ts'

const CELL = 60

export const percent = (share: number) => `${figure(100 * share, 3)} %`
export const short = (text: string) => (text.length > CELL ? `${text.slice(0, CELL - 1)}…` : text)
export const number = (value: number | undefined) => (value === undefined ? '–' : figure(value))
export const powerOf = (column: ColumnProfile | undefined) => column?.prediction?.power

export const powerText = (column: ColumnProfile | undefined) => powerOf(column)?.toFixed(3) ?? '–'

export const action = (text: string): Markup =>
  fragment`<p class="action"><b>Suggested action.</b> ${text}</p>`
