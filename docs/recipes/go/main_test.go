// Put this into the package under test; change the package's name.
//
//	GOROUTINE_DUMPS=dumps go test ./... || deadlock-lint dumps/
package shop

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"testing"
	"time"
)

// TestMain writes all goroutines to $GOROUTINE_DUMPS when tests fail, and shortly before they run into -timeout.
func TestMain(m *testing.M) {
	flag.Parse()
	if timeout := flag.Lookup("test.timeout").Value.(flag.Getter).Get().(time.Duration); timeout > 0 {
		time.AfterFunc(timeout*9/10, func() { dumpGoroutines("timeout") })
	}
	code := m.Run()
	if code != 0 {
		dumpGoroutines("failed")
	}
	os.Exit(code)
}

func dumpGoroutines(why string) {
	folder := os.Getenv("GOROUTINE_DUMPS")
	if folder == "" {
		return
	}
	// The process runs in the package's folder, which differs from package to package.
	name := fmt.Sprintf("%s-%d-%s.txt", filepath.Base(os.Args[0]), os.Getpid(), why)
	if err := writeGoroutines(folder, name); err != nil {
		fmt.Fprintln(os.Stderr, "no goroutine dump:", err)
	}
}

func writeGoroutines(folder, name string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".dump-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := pprof.Lookup("goroutine").WriteTo(file, 2); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(folder, name))
}
