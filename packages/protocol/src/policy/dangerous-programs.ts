/**
 * What is known of programs that run other programs, or text as a program: who may run one of them with arguments of his
 * choice may run anything.
 *
 * Not complete, and cannot be: see https://gtfobins.github.io and
 * https://sonarsource.github.io/argument-injection-vectors, from which most of it is. That a program is not here does not
 * say that it is harmless. docs/guide/dangerous-programs.md prints this table.
 */
export interface DangerousProgram {
  readonly names: ReadonlyArray<string>
  /** How it comes to run what the client says. */
  readonly how: string
  /** Options by which it does, as they are written: `-c`, `--exec`, and those of one dash, `-exec`. */
  readonly options: ReadonlyArray<string>
  /**
   * Which of the other arguments are a danger. `none`; `first`: only the first, which is a program, a script or a verb;
   * `any`; `command`: all, since they are a command line themselves.
   */
  readonly operands: "none" | "first" | "any" | "command"
  /** First words after which all others are a danger, too. */
  readonly verbs: ReadonlyArray<string>
  /** Whether what comes after the first of them is not its own: options to the script, or to the command. */
  readonly endsOptions: boolean
  /** Whether it takes a program from its input where no argument names one. */
  readonly stdin: boolean
  /** What to grant instead. */
  readonly instead: string
}

type Row = Partial<Omit<DangerousProgram, "names" | "options" | "verbs">> & {
  readonly names: string
  readonly how: string
  readonly options?: string
  readonly verbs?: string
  readonly instead: string
}

const script = "Name the one script as the first argument, and what it may get after it"
const target = 'Name the targets: `{ match: "build|test" }`'
const itself = "Grant the program that is to be run by itself, with arguments of its own"
const spelled = "Name the options that are needed, each by its exact spelling, in `anyOf`"
const verb = "Name the subcommand as the first argument, and its options by their exact spelling, in `anyOf`"
const nothing = "Do not grant it. Let a script of the host's do what is needed"

const rows: ReadonlyArray<Row> = [
  // Shells and interpreters.
  {
    names: "sh bash dash ash zsh ksh mksh fish csh tcsh rbash",
    operands: "first",
    endsOptions: true,
    stdin: true,
    options: "-c -s -i -o -O --rcfile --init-file -C --init-command",
    how: "runs the text of `-c`, a file, or its input",
    instead: script
  },
  {
    names: "node nodejs",
    operands: "first",
    endsOptions: true,
    stdin: true,
    options:
      "-e -p -r -i -c -C --eval --print --require --import --loader --experimental-loader --interactive --check --conditions --env-file --run --inspect --inspect-brk --test --build-snapshot --diagnostic-dir --redirect-warnings --openssl-config",
    how: "runs a file, the text of `-e`, the modules of `-r` and `--import`, or its input",
    instead: script
  },
  {
    names: "deno bun tsx ts-node",
    operands: "first",
    endsOptions: true,
    stdin: true,
    options: "-e -p -r --eval --print --preload --import --require",
    how: "runs a file, or the text of `-e`",
    instead: script
  },
  {
    names: "python pypy ipython",
    operands: "first",
    endsOptions: true,
    stdin: true,
    options: "-c -m -i -X",
    how: "runs a file, the text of `-c`, a module, or its input",
    instead: script
  },
  {
    names: "perl ruby jruby lua luajit",
    operands: "first",
    endsOptions: true,
    stdin: true,
    options: "-e -E -M -m -I -i -r -x -d -l -S",
    how: "runs a file, the text of `-e`, the modules of `-M` and `-r`, or its input",
    instead: script
  },
  {
    names: "php",
    operands: "first",
    endsOptions: true,
    stdin: true,
    options: "-r -R -B -E -F -f -a -d -c -z -S --run --file --define",
    how: "runs a file, the text of `-r`, or its input",
    instead: script
  },
  {
    names:
      "tclsh wish expect guile R Rscript julia ghci erl elixir iex irb jshell groovy scala clojure racket sbcl octave gnuplot",
    operands: "first",
    endsOptions: true,
    stdin: true,
    options: "-c -e -f -l -x --eval --file --load",
    how: "is an interpreter",
    instead: script
  },
  {
    names: "java",
    operands: "first",
    endsOptions: true,
    options:
      "-cp -classpath -jar -javaagent -agentpath -agentlib -XX -Xbootclasspath --class-path --module-path -p -m --module",
    how: "runs a class, an archive, or the agents and the commands of its options (`-XX:OnOutOfMemoryError`)",
    instead: 'Name the archive: `["-jar", "/srv/app.jar"]`, and what it may get after it'
  },
  {
    names: "awk gawk mawk nawk original-awk",
    operands: "first",
    endsOptions: true,
    options: "-f -i -l -E -e -D -p -o --file --include --load --exec --source --debug --profile --pretty-print",
    how: "runs its first argument as a program, and that runs commands with `system()`",
    instead: "Name the program text as a literal argument"
  },
  {
    names: "sed gsed",
    operands: "first",
    options: "-e -f -i -s --expression --file --in-place",
    how: "runs its first argument as a program, in which `e` runs a command and `w` writes a file",
    instead: "Name the script as a literal argument, and begin with `--sandbox`"
  },
  {
    names: "sqlite3 psql mysql mariadb mongosh redis-cli ftp sftp telnet gs ghostscript",
    operands: "any",
    stdin: true,
    options: "-c -e -f -cmd -init -command -b -D -S -o -F --command --execute --file --eval",
    how: "has a command that runs a shell (`.shell`, `\\!`, `!`)",
    instead: "Name the statement as a literal argument"
  },
  {
    names: "m4 dc",
    operands: "any",
    stdin: true,
    options: "-e -f -F --expression --file --prepend --include",
    how: "runs commands from within what it reads (`esyscmd`, `!`)",
    instead: nothing
  },
  // Programs whose arguments are a command.
  {
    names: "env",
    operands: "command",
    options: "-S --split-string -C --chdir -u",
    how: "runs the command in its arguments, with an environment of the client's",
    instead: itself
  },
  {
    names: "xargs parallel",
    operands: "command",
    options: "-a -I -i -E --arg-file --replace --process-slot-var",
    how: "runs the command in its arguments",
    instead: itself
  },
  {
    names:
      "nice nohup setsid timeout stdbuf ionice chrt taskset time setarch linux32 linux64 unbuffer catchsegv softlimit eatmydata fakeroot proxychains torsocks dbus-run-session xvfb-run",
    operands: "command",
    options: "-o --output -f -c",
    how: "runs the command in its arguments",
    instead: itself
  },
  {
    names:
      "sudo doas su runuser pkexec gosu setpriv capsh chroot unshare nsenter systemd-run start-stop-daemon run-parts ssh-agent flock script screen tmux",
    operands: "command",
    options: "-c -e -f -s -i -x -a --command --exec --shell --startas --regex",
    how: "runs the command in its arguments, perhaps as another user",
    instead: itself
  },
  {
    names: "watch entr nodemon when-changed inotifywait",
    operands: "command",
    options: "-x -c --exec",
    how: "runs the command in its arguments, again and again",
    instead: itself
  },
  {
    names: "strace ltrace perf valgrind rr bpftrace",
    operands: "command",
    options: "-o -O -e -E -p --output --attach",
    how: "runs the command in its arguments, or attaches to a process",
    instead: itself
  },
  {
    names: "gdb lldb",
    operands: "any",
    stdin: true,
    options:
      "-x -ex -eval-command -iex -ix -p -c -o -s --args --command --eval-command --init-command --pid --batch-silent",
    how: "runs programs, attaches to processes, and runs commands with `shell` and `python`",
    instead: nothing
  },
  {
    names: "busybox toybox",
    operands: "command",
    options: "--install",
    how: "is many programs, a shell among them",
    instead: "Name the applet as the first argument, and what it may get after it"
  },
  {
    names: "at batch crontab",
    operands: "any",
    stdin: true,
    options: "-f -e -l",
    how: "has text run later, by a service that no policy binds",
    instead: nothing
  },
  {
    names: "docker podman nerdctl kubectl helm lxc ctr crictl",
    operands: "first",
    verbs: "run exec create start build compose cp debug attach apply plugin",
    options: "-c -H -v --config --context --host --volume --mount --privileged --entrypoint --kubeconfig",
    how: "runs programs in containers, which can have the files of the host",
    instead: verb
  },
  // Files, archives, text.
  {
    names: "find gfind",
    operands: "none",
    options: "-exec -execdir -ok -okdir -delete -fprint -fprint0 -fprintf -files0-from -fls",
    how: "`-exec` runs a command, `-delete` and `-fprint` change files",
    instead: 'Name the expression: `[{ match: "src/.*" }, "-name", { match: "[\\\\w.*]+" }]`'
  },
  {
    names: "fd fdfind",
    operands: "none",
    options: "-x -X --exec --exec-batch",
    how: "`-x` runs a command",
    instead: spelled
  },
  {
    names: "tar gtar bsdtar",
    operands: "first",
    options:
      "-I -F -f -T -X -C -P --checkpoint-action --use-compress-program --to-command --rsh-command --rmt-command --info-script --new-volume-script --file --files-from --absolute-names",
    how: "`--checkpoint-action`, `-I`, `--to-command`, `-F` run commands; the first argument may hold such options without a dash",
    instead: 'Name the whole of it: `["-czf", { match: "[\\\\w-]+\\\\.tgz" }, "--", { rest: true }]`'
  },
  {
    names: "cpio",
    operands: "none",
    options: "-I -O -F --rsh-command --to-stdout --file",
    how: "`--rsh-command` runs a command",
    instead: spelled
  },
  {
    names: "zip",
    operands: "none",
    options: "-T -TT --test --unzip-command -O -b",
    how: "`-T -TT` runs a command",
    instead: spelled
  },
  {
    names: "7z 7za unrar rar",
    operands: "none",
    options: "-o -w -si -so",
    how: "writes to where its options say",
    instead: spelled
  },
  {
    names: "rsync",
    operands: "none",
    options:
      "-e -M --rsh --rsync-path --config --password-file --daemon --remote-option --files-from --log-file --write-batch",
    how: "`-e` runs a command",
    instead: spelled
  },
  {
    names: "sort",
    operands: "none",
    options: "-o -T -S --compress-program --output --files0-from --temporary-directory",
    how: "`--compress-program` runs a command, `-o` writes a file",
    instead: spelled
  },
  { names: "split", operands: "none", options: "--filter", how: "`--filter` runs a command", instead: spelled },
  {
    names: "rg ripgrep",
    operands: "none",
    options: "--pre --pre-glob --hostname-bin -f --file",
    how: "`--pre` runs a command for each file",
    instead: spelled
  },
  {
    names: "vim vi nvim view ex ed nano emacs emacsclient pico joe micro vimdiff rvim",
    operands: "any",
    stdin: true,
    options: "-c -S -u -s -w -W -i --cmd --eval --load --script --funcall -f -l",
    how: "is an editor, with a shell in it (`:!`), and runs the text of `-c` and `+`",
    instead: nothing
  },
  {
    names: "less more most pg man info pager",
    operands: "any",
    options: "-P -k -o -O -H -M -C --pager --html --lesskey-file --lesskey-src --log-file --config-file",
    how: "is a pager, with a shell in it (`!`), and `-P` of man names another",
    instead: "Grant `cat`"
  },
  // Source code.
  {
    names: "git",
    operands: "first",
    verbs:
      "submodule bisect config filter-branch difftool mergetool hook for-each-repo daemon http-backend upload-pack receive-pack shell credential instaweb web--browse maintenance",
    options:
      "-c -C -u -O -x -p --config-env --exec-path --upload-pack --receive-pack --exec --open-files-in-pager --ext-diff --textconv --output --template --config --git-dir --work-tree --separate-git-dir --extcmd --tool --gpg-sign --paginate --server-option",
    how: "`-c` sets what it runs (`core.pager`, `core.fsmonitor`, aliases), `--upload-pack` and `--exec` name a program, `--output` writes a file",
    instead: 'Name the subcommand, and its options by their exact spelling: `["log", "--oneline", { rest: true }]`'
  },
  {
    names: "hg svn cvs bzr fossil",
    operands: "first",
    options: "-R --config --config-option --config-dir --editor-cmd --diff-cmd --repository --ssh",
    how: "its configuration names programs, and options set that",
    instead: verb
  },
  {
    names: "make gmake ninja just rake task mage scons bazel",
    operands: "any",
    options: "-f -C -I -E -t --file --makefile --directory --eval --include-dir",
    how: "runs what a file says, and an argument `SHELL=…` changes who runs it",
    instead: target
  },
  {
    names: "npm npx pnpm pnpx yarn bunx corepack",
    operands: "first",
    verbs: "run run-script exec x dlx explore install i ci add create init start test rebuild pack publish config edit",
    options:
      "-c -C --call --package --prefix --script-shell --node-options --ignore-scripts --userconfig --globalconfig --editor --git",
    how: "runs scripts of packages",
    instead: 'Name the script: `["run", "build"]`'
  },
  {
    names:
      "pip pipx gem bundle composer cpan cargo go mvn gradle gradlew ant sbt mix stack cabal dotnet apt apt-get dpkg rpm yum dnf apk brew snap pacman",
    operands: "first",
    verbs: "run exec install test build generate tool vet script",
    options:
      "-o -c -i -D -e -E -P -exec -toolexec -vettool -modfile -overlay --config --eval --pipe --exec --define --option --pre-invoke --force-run --init-script",
    how: "runs what packages and its options name (`-exec`, `-toolexec`, `-o`, `--eval`)",
    instead: verb
  },
  {
    names: "gcc g++ cc c++ clang clang++ tcc cpp ld ld.lld ld.gold gfortran cmake meson autoconf automake libtool",
    operands: "any",
    options: "-wrapper -B -o -fplugin -specs -load -P -E -D -plugin --build --install",
    how: "runs programs that its options name, and reads more options from a file (`@file`)",
    instead: target
  },
  {
    names: "ansible ansible-playbook terraform tofu packer vagrant puppet chef-client salt",
    operands: "first",
    options: "-m -a -e -c -i -chdir --module-name --args --extra-vars --connection",
    how: "runs what its files and its options say",
    instead: verb
  },
  {
    names: "pytest jest vitest mocha ava tap eslint prettier webpack rollup vite tsc esbuild babel",
    operands: "any",
    options:
      "-c -p -r -o --config --require --import --plugin --plugins --rootdir --parser --rulesdir --globalSetup --setupFiles --outDir --outfile --preset",
    how: "loads configuration and plug-ins, which are programs",
    instead: "Name the configuration file as a literal argument"
  },
  // Network.
  {
    names: "ssh scp slogin mosh autossh sshpass",
    operands: "any",
    options: "-o -F -E -J -S -L -R -D -w -I -i -D -W -f --ssh",
    how: "`-o ProxyCommand=…` runs a command here; further arguments are a command there",
    instead: "Name the host and the command as literal arguments"
  },
  {
    names: "ssh-keygen ssh-add",
    operands: "none",
    options: "-D -s -f -w -P",
    how: "`-D` loads a library",
    instead: spelled
  },
  {
    names: "curl",
    operands: "none",
    options:
      "-K -o -O -T -d -F -c -b -D -w -E -x --config --output --output-dir --remote-name --upload-file --data --data-binary --form --cookie-jar --dump-header --trace --trace-ascii --stderr --engine --netrc-file --libcurl --write-out --proxy --etag-save --hsts --alt-svc",
    how: "`-K` reads options from a file, `-o` writes one, and `-T` and `-d @` send one",
    instead: 'Name the options, and the beginning of the address: `{ match: "https://example\\\\.org/.*" }`'
  },
  {
    names: "wget aria2c axel lftp",
    operands: "none",
    options:
      "-O -o -a -i -P -e -c --use-askpass --output-document --output-file --execute --config --input-file --post-file --directory-prefix --on-download-complete --on-download-start --hsts-file",
    how: "`--use-askpass` and `-e` run programs, `-O` writes a file",
    instead: 'Name the options, and the beginning of the address: `{ match: "https://example\\\\.org/.*" }`'
  },
  {
    names: "nc ncat netcat socat openvpn nmap",
    operands: "any",
    options: "-e -c -o --exec --sh-exec --lua-exec --script --script-args --up --down --config --plugin --interactive",
    how: "joins a program to the network (`-e`, `EXEC:`), or runs scripts",
    instead: nothing
  },
  {
    names: "tcpdump tshark dumpcap",
    operands: "none",
    options: "-z -w -F -X -r -C -G -Z --postrotate-command",
    how: "`-z` runs a command for each file that it has written",
    instead: spelled
  },
  {
    names: "openssl",
    operands: "first",
    verbs: "engine req s_server s_client ca",
    options: "-engine -provider -provider-path -config -out -keyform -in -inform -exec -writerand -rand",
    how: "`-engine` loads a library, `-out` writes a file",
    instead: verb
  },
  {
    names: "gpg gpg2 gpgv gpg-connect-agent",
    operands: "none",
    stdin: false,
    options:
      "-o --output --photo-viewer --exec-path --agent-program --dirmngr-program --gpgconf --homedir --options --load-extension --pinentry-program -r",
    how: "`--photo-viewer` and `--agent-program` run programs",
    instead: spelled
  },
  {
    names: "systemctl journalctl service loginctl",
    operands: "any",
    options: "-H -M -p --host --machine --pager --root --image",
    how: "starts services, which no policy binds, and a pager with a shell in it",
    instead: verb
  },
  {
    names: "logrotate pppd mount umount modprobe insmod ldconfig ld.so ld-linux-x86-64.so",
    operands: "any",
    options: "-s -f -o -t -C -l --config --prefix --preload --library-path",
    how: "runs or loads what its arguments name",
    instead: nothing
  }
]

const words = (text = ""): ReadonlyArray<string> => text.split(" ").filter((word) => word !== "")

export const dangerousPrograms: ReadonlyArray<DangerousProgram> = rows.map(
  ({
    names,
    options,
    verbs,
    operands = "none",
    stdin = false,
    endsOptions = operands === "command",
    how,
    instead
  }) => ({
    names: words(names),
    options: [...new Set(words(options))],
    verbs: words(verbs),
    operands,
    endsOptions,
    stdin,
    how,
    instead
  })
)

const byName = new Map(dangerousPrograms.flatMap((program) => program.names.map((name) => [name, program] as const)))

/** What is known of a command: by the last part of its path, with or without a version (`python3.11`, `ld-linux-x86-64.so.2`). */
export const dangerOf = (command: string): DangerousProgram | undefined => {
  const name = command.slice(command.lastIndexOf("/") + 1)
  return byName.get(name) ?? byName.get(name.replace(/[-.]?\d+(?:\.\d+)*$/, ""))
}
