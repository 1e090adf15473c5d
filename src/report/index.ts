export { renderReport } from './report.ts'
export type { Grid, ReportInput, ReportRow, SliceRow } from './input.ts'
export { monitorStatistics } from './monitor.ts'
