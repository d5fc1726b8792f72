/** How the catalogues become functions. Shared by the build, the tests and `npm run messages`. */
export const paraglide = {
  project: './project.inlang',
  outdir: './src/lib/paraglide',
  // Nothing is kept in the webview: the choice of language lies in the vault, and before that the system's counts.
  strategy: ['globalVariable', 'preferredLanguage', 'baseLocale'],
  outputStructure: 'locale-modules',
  emitReadme: false,
  emitPrettierIgnore: false,
  isServer: 'false',
};
