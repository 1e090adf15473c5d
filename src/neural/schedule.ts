/** Learning rate as a share of its peak, by how much of the training is done (0 … 1). */
export type Schedule = (progress: number) => number

const cosine = (from: number, to: number, progress: number) =>
  to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(1, progress)))) / 2

/** All of it for half of the time, then half a cosine down to 0. */
export const flatCosine: Schedule = progress => (progress < 0.5 ? 1 : cosine(1, 0, 2 * progress - 1))

/** Every schedule by name. */
export const schedules = {
  /** A short linear warm-up, then half a cosine down to 0. */
  cosine: progress => (progress < 0.05 ? (progress + 1e-3) / 0.051 : cosine(1, 0, (progress - 0.05) / 0.95)),
  /** Up for a quarter of the time, then down to nothing (Smith & Topin 2018), both along cosines. */
  'one-cycle': progress =>
    progress < 0.25 ? cosine(0.04, 1, progress / 0.25) : cosine(1, 1e-5, (progress - 0.25) / 0.75),
  /** Four ever longer waves (Holzmüller, Grinsztajn & Steinwart 2024, RealMLP). */
  coslog4: progress => (1 - Math.cos(2 * Math.PI * Math.log2(1 + 15 * progress))) / 2,
} as const satisfies Record<string, Schedule>
export type ScheduleName = keyof typeof schedules
