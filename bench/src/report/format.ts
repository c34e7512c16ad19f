/** A figure for a person: three digits that count, and separators. */
export const formatFigure = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3, useGrouping: true })
