// USWDS compiles its colors to hex digits. Here each becomes the custom property that stands for it in _colors.scss,
// by the kind of declaration it stands in, so that one block of dark values turns USWDS dark, too.
const text = {
  "#1b1b1b": "ink", "#454545": "quiet", "#565c65": "quiet", "#71767a": "quiet", "#757575": "quiet", "#0f6460": "accent",
  "#0b4b3f": "accent-strong", "#123131": "accent-strong", "#fff": "on-accent", "#b50909": "red",
};
const fill = {
  "#fff": "page", "#f0f0f0": "wash", "#1b1b1b": "ink", "#0f6460": "accent", "#0b4b3f": "accent-strong",
  "#123131": "accent-strong", "#c9c9c9": "line", "#dfe1e2": "line", "#757575": "edge", "#919191": "edge",
  "#e7f6f8": "blue-wash", "#ecf3ec": "mint", "#f4e3db": "red-wash", "#faf3d1": "gold-wash", "#d83933": "red",
  "#b50909": "red-ink", "#8b0a03": "red-ink",
};
const edge = {
  "#1b1b1b": "ink", "#565c65": "edge", "#757575": "edge", "#0f6460": "accent", "#0b4b3f": "accent-strong",
  "#123131": "accent-strong", "#c4eeeb": "mint-deep", "#dfe1e2": "line", "#c9c9c9": "line", "#e6e6e6": "line",
  "#a9aeb1": "line", "#b50909": "red", "#fff": "page", "#ffbe2e": "gold", "#d54309": "red",
};

// A declaration, its name and its value; a custom property's own definition begins with two hyphens and stays.
const declaration = /(?<=[{;])(?<name>[a-z][a-z-]*):(?<value>[^;{}]*#[0-9a-f]{3,6}[^;{}]*)/g;

const propertiesFor = (name) => {
  if (/(^|-)color$/.test(name) && !/background|border/.test(name)) return text;
  return /^background/.test(name) ? fill : edge;
};

/** Return the CSS with a custom property in place of each color of USWDS that `_colors.scss` has a name for. */
export const withProperties = (css) =>
  css.replace(declaration, (_whole, name, value) => {
    const names = propertiesFor(name);
    return `${name}:${value.replace(/#[0-9a-f]{3,6}\b/g, (hex) => (names[hex] ? `var(--${names[hex]})` : hex))}`;
  });
