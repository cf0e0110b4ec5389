// assets/portal.scss -> static/built/portal.css, with the fonts and pictures that the CSS names and no others:
// the manifest storage fails on a name without a file, and is slow with the hundreds that nobody asks for.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, Logger } from "sass";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const uswds = join(root, "node_modules", "@uswds", "uswds");
const built = join(root, "static", "built");

const { css } = compile(join(root, "assets", "portal.scss"), {
  loadPaths: [join(uswds, "packages")],
  style: "compressed",
  quietDeps: true,
  logger: Logger.silent,
});

rmSync(built, { recursive: true, force: true });
for (const [, name] of css.matchAll(/url\(["']?((?:img|fonts)\/[^"')?#]+)/g)) {
  mkdirSync(dirname(join(built, name)), { recursive: true });
  copyFileSync(join(uswds, "dist", name), join(built, name));
}
mkdirSync(built, { recursive: true });
writeFileSync(join(built, "portal.css"), css);
