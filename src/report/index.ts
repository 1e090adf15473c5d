export { renderReport } from './report.ts'
export type { Grid, ReportInput, ReportRow, SliceRow } from './input.ts'
export { checkSeal, sealed, type Asked } from './seal.ts'
export { monitorStatistics } from './monitor.ts'
