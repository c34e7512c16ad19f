/** Writes the list of docs/guide/dangerous-programs.md, which is what `policyWarnings` knows. */
import { readFileSync, writeFileSync } from "node:fs"
import { type DangerousProgram, dangerousPrograms } from "../src/policy/dangerous-programs.ts"

export const file = new URL("../../../docs/guide/dangerous-programs.md", import.meta.url)
const [begin, end] = ["<!-- begin: generated -->", "<!-- end: generated -->"]

const code = (words: ReadonlyArray<string>): string => words.map((word) => `\`${word}\``).join(" ")

const operands: { readonly [O in DangerousProgram["operands"]]: string } = {
  none: "",
  first: "Its first argument. ",
  any: "Any argument. ",
  command: "Its arguments are a command. "
}

const sectionOf = ({ names, how, options, verbs, stdin, instead, ...program }: DangerousProgram): string =>
  [
    `### ${names.slice(0, 4).join(", ")}${names.length > 4 ? " …" : ""}\n`,
    ...(names.length > 4 ? [`- Also: ${code(names.slice(4))}`] : []),
    `- How: ${how}${stdin ? "; without arguments it runs its input" : ""}.`,
    `- What is looked at: ${operands[program.operands]}${verbs.length > 0 ? `What follows ${code(verbs)}. ` : ""}Options ${code(options)}.`,
    `- Instead: ${instead}.`
  ].join("\n")

/** The page with the list as it should be. */
export const withList = (page: string): string =>
  `${page.slice(0, page.indexOf(begin))}${begin}\n\n${dangerousPrograms.map(sectionOf).join("\n\n")}\n\n${page.slice(page.indexOf(end))}`

if (import.meta.main) writeFileSync(file, withList(readFileSync(file, "utf8")))
