//! What `--help` says after the options: examples and exit codes.

pub(super) const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  unexpected, or the output could not be written
   2  usage: the command line, or no project where it names one
   3  name or answer not valid
   4  template missing, not valid or unsafe
   5  destination in the way, or changes in it that are not committed
   6  answers missing and nobody to ask
   7  hook refused or failed
   8  `check`: the project is behind its template
   9  `update`, `check`: conflicts are left
  10  `check --security`: a security fix is missing
  12  git or network
  129, 130, 143  interrupted

With `--format json` it is `code` in the document of a failure, of `check`, of `update` and of
`templates lint`.";

pub(super) const STARTPROJECT_EXAMPLES: &str = "\
Examples:
  jwt-allauth startproject myproject
  jwt-allauth startproject myproject --email --database postgres
  jwt-allauth startproject myproject --with social=google+github,mfa=required,languages=de+fr
  jwt-allauth startproject myproject . --if-exists merge
  jwt-allauth startproject myproject --template ../skeleton -d company=Example
  jwt-allauth startproject myproject --template gh:owner/repository//folder@v1

Exit codes: 0 done, 1 unexpected, 2 usage, 3 name or answer not valid, 4 template, 5 destination in
the way, 6 answers missing, 7 hook, 12 git or network, 129, 130 or 143 interrupted";

pub(super) const ADD_EXAMPLES: &str = "\
Examples:
  jwt-allauth add mfa=required
  jwt-allauth add social=google+github invitations
  jwt-allauth add languages=de+fr

It writes to settings.toml, and the names of secrets, without values, to .env and .env.example.

Exit codes: 0 done, 1 unexpected, 2 usage or no project, 3 the project does not have the feature,
4 the project's stamp, 5 the feature is there already or a file in the way, 129, 130 or 143 interrupted";

pub(super) const UPDATE_EXAMPLES: &str = "\
Examples:
  jwt-allauth update --dry-run
  jwt-allauth update
  jwt-allauth update --template ../skeleton -d company=Example

Exit codes, also of --dry-run: 0 done, 1 unexpected, 2 usage or no project, 3 answer not valid,
4 template, 5 changes that are not committed or a file in the way, 6 answers missing, 7 hook,
9 conflicts left, 12 git or network, 129, 130 or 143 interrupted";

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  jwt-allauth check
  jwt-allauth check --template ../skeleton
  jwt-allauth check --security --format json

Exit codes: 0 up to date, 1 unexpected, 2 usage or no project, 3 answer not valid, 4 template,
5 an update stopped half-way, 6 answers missing, 7 hook, 8 behind, 9 conflicts left,
10 a security fix is missing, 12 git or network, 129, 130 or 143 interrupted";

pub(super) const TEMPLATES_EXAMPLES: &str = "\
Examples:
  jwt-allauth templates show company-skeleton
  jwt-allauth templates export company-skeleton ../skeleton
  jwt-allauth templates lint ../skeleton --format json

Exit codes: 0 done, 1 unexpected, 2 usage, 4 template not valid or, by `lint`, something found,
5 destination in the way, 6 several templates, 12 git or network, 129, 130 or 143 interrupted";

pub(super) const SHOW_EXIT_CODES: &str = "\
Exit codes: 0 done, 1 unexpected, 2 usage, 4 template missing or not valid, 6 several templates,
12 git or network, 129, 130 or 143 interrupted";

pub(super) const LINT_EXIT_CODES: &str = "\
Exit codes: 0 nothing found, 1 unexpected, 2 usage, 4 something found, or no template, 6 several
templates, 12 git, 129, 130 or 143 interrupted. With `--format json` it is `code` in the document.";

pub(super) const EXPORT_EXIT_CODES: &str = "\
Exit codes: 0 done, 1 unexpected, 2 usage, 4 no such template, 5 destination in the way, 129, 130 or
143 interrupted";

pub(super) const PRINT_EXIT_CODES: &str = "\
Exit codes: 0 done, 1 unexpected, or the output could not be written, 2 usage, 129, 130 or 143
interrupted";
