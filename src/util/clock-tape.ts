/** From unit `at` of a track on, `value` held. */
export type Mark = readonly [track: number, at: number, value: number]

/** One quantity that the clock may change while a computation goes on, counted in units of that computation. */
export interface Track {
  /** What the quantity is at unit `at`: asks the clock and notes a change, or repeats what was noted. */
  follow(at: number, current: number, ask: () => number): number
  /** The next unit at which a repeated quantity changes; Infinity where none does, or the clock decides. */
  next(at: number): number
}

/**
 * Where a computation asks the time. What the answers changed is kept in `marks`, none as long as they changed nothing; a tape
 * made from marks gives the same answers again, whatever the clock says. Tracks are told apart by the order they are opened in.
 */
export interface ClockTape {
  readonly marks: readonly Mark[]
  track(): Track
}

export function createTape(repeated?: readonly Mark[]): ClockTape {
  const marks: Mark[] = repeated ? [...repeated] : []
  let tracks = 0
  return {
    marks,
    track: () => {
      const track = tracks++
      return repeated ? repeating(repeated.filter(([owner]) => owner === track)) : noting(track, marks)
    },
  }
}

const noting = (track: number, marks: Mark[]): Track => ({
  follow(at, current, ask) {
    const value = ask()
    if (value !== current) marks.push([track, at, value])
    return value
  },
  next: () => Infinity,
})

const repeating = (marks: readonly Mark[]): Track => ({
  follow: (at, current) => marks.find(([, unit]) => unit === at)?.[2] ?? current,
  next: at => marks.find(([, unit]) => unit > at)?.[1] ?? Infinity,
})
