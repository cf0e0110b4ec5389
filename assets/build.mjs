// assets/portal.scss -> static/built/portal.css, with the fonts and pictures that the CSS names and no others:
// the manifest storage fails on a name without a file, and is slow with the hundreds that nobody asks for.
// And the slices of the fonts that our PDFs are written in -> static/built/print/.
// And the reader of barcodes for the driver's page -> static/built/zxing/.
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, Logger } from "sass";
import { withProperties } from "./properties.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const uswds = join(root, "node_modules", "@uswds", "uswds");
const built = join(root, "static", "built");
const fonts = ["noto-sans", "noto-sans-sc", "noto-sans-kr", "noto-sans-thai", "noto-sans-georgian", "noto-sans-armenian",
  "noto-sans-tamil", "noto-sans-bengali", "noto-sans-ethiopic", "noto-sans-khmer"];

const { css } = compile(join(root, "assets", "portal.scss"), {
  loadPaths: [join(uswds, "packages")],
  style: "compressed",
  quietDeps: true,
  logger: Logger.silent,
});

rmSync(built, { recursive: true, force: true });
for (const weight of [400, 700])
  for (const slice of ["latin", "latin-ext"]) {
    const name = `public-sans-${slice}-${weight}-normal.woff2`;
    mkdirSync(join(built, "fonts"), { recursive: true });
    copyFileSync(join(root, "node_modules", "@fontsource", "public-sans", "files", name), join(built, "fonts", name));
  }
for (const [, name] of css.matchAll(/url\(["']?(img\/[^"')?#]+)/g)) {
  mkdirSync(dirname(join(built, name)), { recursive: true });
  copyFileSync(join(uswds, "dist", name), join(built, name));
}
mkdirSync(built, { recursive: true });
writeFileSync(join(built, "portal.css"), withProperties(css));
const inFirst = /-(latin|latin-ext|cyrillic|cyrillic-ext|greek|greek-ext|vietnamese|math|symbols)-wght-normal/;
for (const font of fonts) {
  const from = join(root, "node_modules", "@fontsource-variable", font);
  const to = join(built, "print", font);
  mkdirSync(to, { recursive: true });
  for (const name of ["unicode.json", "LICENSE"]) copyFileSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(from, "files")).filter((file) => file.endsWith("-wght-normal.woff2")))
    if (font === fonts[0] || !inFirst.test(name)) copyFileSync(join(from, "files", name), join(to, name));
}

const zxing = join(root, "node_modules", "zxing-wasm");
mkdirSync(join(built, "zxing"), { recursive: true });
for (const [from, name] of [["dist/iife/reader/index.js", "reader.js"], ["dist/reader/zxing_reader.wasm", "reader.wasm"], ["LICENSE", "LICENSE"]])
  copyFileSync(join(zxing, from), join(built, "zxing", name));
