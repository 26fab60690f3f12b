/// What the interpreter runs to compile modules: our program, and nothing of the modules, which it reads as text.
///
/// Marshalled code depends on what the process did before: which strings are interned decides how they and the sets that
/// hold them are written. So a wheel's modules are compiled one after the other in their order, by a process that has
/// compiled nothing else; hashes of texts are the same in each (PYTHONHASHSEED).
enum CompilationProgram {
    /// Reads `sources` (a path and a text for each module, each behind its length) and writes `results` (the bytecode file of
    /// each, behind its length, which is 0 where there is none).
    ///
    /// A module that cannot be compiled is passed over, also if the compiler crashes on it: a child of the process goes
    /// through the modules, and the next child goes on behind the one that ended the last.
    static let text = #"""
        import sys
        # What lies where the process starts is no part of the program.
        sys.path[:] = [path for path in sys.path if path]
        import marshal, os, signal
        from importlib.util import MAGIC_NUMBER, source_hash

        CODE = type(compile('', '', 'exec'))
        PLAIN = (str, bytes, int, float, complex)

        def written_by_address(value):
            # Before Python 3.11 a set is written in the order in which it lies in memory, where None lies by its address.
            if isinstance(value, CODE):
                return any(map(written_by_address, value.co_consts))
            if isinstance(value, tuple):
                return any(map(written_by_address, value))
            return isinstance(value, frozenset) and len(value) > 1 and not all(isinstance(part, PLAIN) for part in value)

        def compiled(source, path):
            try:
                code = compile(source, path, 'exec', dont_inherit=True, optimize=0)
                if sys.version_info < (3, 11) and written_by_address(code):
                    return b''
                # PEP 552: by hash, and not compared with the source.
                return MAGIC_NUMBER + b'\x01\0\0\0' + source_hash(source) + marshal.dumps(code)
            except Exception:
                return b''

        def number(file, width):
            data = file.read(width)
            return int.from_bytes(data, 'little') if len(data) == width else None

        def places(file):
            found = []
            while True:
                place = file.tell()
                length = number(file, 4)
                if length is None:
                    return found
                file.seek(length, 1)
                file.seek(number(file, 8), 1)
                found.append(place)

        def limit_memory(size):
            try:
                import resource
            except ImportError:
                return
            resource.setrlimit(resource.RLIMIT_AS, (size, size))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        def work(sources, results, places, memory):
            limit_memory(memory)
            with open(sources, 'rb') as file, open(results, 'ab') as out:
                for place in places:
                    file.seek(place)
                    path = os.fsdecode(file.read(number(file, 4)))
                    data = compiled(file.read(number(file, 8)), path)
                    out.write(len(data).to_bytes(8, 'little') + data)
                    out.flush()

        def whole(results):
            # What was written of the last one goes.
            count, end = 0, 0
            size = os.path.getsize(results)
            with open(results, 'rb') as file:
                while True:
                    length = number(file, 8)
                    if length is None or file.tell() + length > size:
                        break
                    end = file.seek(length, 1)
                    count += 1
            os.truncate(results, end)
            return count

        CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)

        def main(sources, results, memory):
            with open(sources, 'rb') as file:
                modules = places(file)
            open(results, 'wb').close()
            done = 0
            while done < len(modules):
                child = os.fork()
                if child == 0:
                    status = 70
                    try:
                        work(sources, results, modules[done:], int(memory))
                        status = 0
                    except BaseException as error:
                        sys.stderr.write(repr(error) + '\n')
                        sys.stderr.flush()
                    finally:
                        os._exit(status)
                status = os.waitpid(child, 0)[1]
                done = whole(results)
                if status == 0 and done == len(modules):
                    return
                if not os.WIFSIGNALED(status) or os.WTERMSIG(status) not in CRASHES:
                    sys.exit('the compiling process ended with status %d' % status)
                with open(results, 'ab') as out:
                    out.write(bytes(8))
                done += 1

        main(*sys.argv[1:])
        """#

    /// Tells which interpreter it is: `cpython 3.11.2`.
    static let identification = #"""
        import sys
        v = sys.version_info
        kind = {'alpha': 'a', 'beta': 'b', 'candidate': 'rc'}.get(v.releaselevel)
        print(sys.implementation.name, '%d.%d.%d' % v[:3] + ('%s%d' % (kind, v.serial) if kind else ''))
        """#

    /// What keeps the interpreter from looking at anything of the user's; its environment is empty but for a few names.
    static let options = ["-S", "-s", "-B", "-W", "ignore", "-c"]

    /// All that it sees of an environment.
    static let environment = [
        "PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin",
    ]
}
