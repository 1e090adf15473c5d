export { renderReport } from './report.ts'
export type { ReportInput, ReportRow } from './report.ts'
