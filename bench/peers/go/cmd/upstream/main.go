// Command upstream is a model server that costs next to nothing, so that it is never what limits a measurement. It
// speaks just enough HTTP/1.1: it reads each request to its end and sends one of the answers that it was given.
//
// The models are named after their rows: rows-100 answers with 100 predictions, rows-1-after-1000ms with one, a second
// later. The answers are files in a folder, rows-100.json and so on. Any GET is answered {"ready":true}. The path
// /count says how many predictions were answered.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"bench/internal/serve"
)

var (
	folder   = flag.String("answers", "", "folder with the answers")
	answered atomic.Int64
	ready    = answer([]byte(`{"ready":true}`))
)

type model struct {
	answer []byte
	delay  time.Duration
}

func main() {
	listener := serve.Listen()
	models := readModels()
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go talk(connection, models)
	}
}

func readModels() map[string]model {
	files, err := filepath.Glob(filepath.Join(*folder, "*.json"))
	if err != nil {
		log.Fatal(err)
	}
	models := make(map[string]model)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		var delay time.Duration
		if _, after, slow := strings.Cut(name, "-after-"); slow {
			if delay, err = time.ParseDuration(after); err != nil {
				log.Fatal(err)
			}
		}
		models[name] = model{answer: answer(content), delay: delay}
	}
	return models
}

func answer(content []byte) []byte {
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n", len(content))
	return append([]byte(head), content...)
}

var (
	lengthName = []byte("content-length:")
	notFound   = []byte("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
	noLength   = []byte("HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
)

func talk(connection net.Conn, models map[string]model) {
	defer connection.Close()
	reader := bufio.NewReaderSize(connection, 16<<10)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		words := bytes.Fields(line)
		if len(words) != 3 {
			return
		}
		get := string(words[0]) == "GET"
		path := string(words[1])
		length := -1
		for {
			line, err = reader.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				break
			}
			if len(line) > len(lengthName) && bytes.EqualFold(line[:len(lengthName)], lengthName) {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(lengthName):]))); err != nil {
					return
				}
			}
		}
		switch {
		case path == "/count":
			_, err = connection.Write(answer([]byte(strconv.FormatInt(answered.Load(), 10))))
		case get:
			_, err = connection.Write(ready)
		case length < 0:
			_, _ = connection.Write(noLength)
			return
		default:
			if _, err = reader.Discard(length); err != nil {
				return
			}
			name, _ := strings.CutSuffix(strings.TrimPrefix(path, "/v1/models/"), ":predict")
			found, known := models[name]
			if !known {
				_, err = connection.Write(notFound)
				break
			}
			if found.delay > 0 {
				time.Sleep(found.delay)
			}
			answered.Add(1)
			_, err = connection.Write(found.answer)
		}
		if err != nil {
			return
		}
	}
}
