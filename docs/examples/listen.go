// Prints the events of a user's device as lines of JSON, and acknowledges each. It follows docs/protocol.md.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

type frame struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// What of an event says how it is acknowledged: those of an invitation may have no seq.
type event struct {
	Conversation string `json:"conversation"`
	Seq          *int64 `json:"seq"`
	Invitation   string `json:"invitation"`
}

func main() {
	hub := flag.String("hub", "wss://localhost:9443", "URL of the hub")
	device := flag.String("device", "go", "name of this device")
	root := flag.String("root", "certs/root-ca.pem", "the root that was pinned")
	cert := flag.String("cert", "", "certificate, PEM")
	key := flag.String("key", "", "its key, PEM")
	flag.Parse()
	dialer := &websocket.Dialer{TLSClientConfig: trust(*root, *cert, *key), Subprotocols: []string{"hermes.v1"}}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		began := time.Now()
		err := listen(dialer, *hub+"/hub?device="+*device)
		var closed *websocket.CloseError
		if errors.As(err, &closed) && closed.Code >= 4500 {
			log.Fatal(err) // Nothing that connecting again would mend.
		}
		if time.Since(began) > time.Minute {
			wait = time.Second
		}
		log.Printf("%v; again in %v", err, wait)
		time.Sleep(wait/2 + time.Duration(rand.Int63n(int64(wait/2))))
	}
}

func min(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}

func trust(root, cert, key string) *tls.Config {
	pem, err := os.ReadFile(root)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		log.Fatal(err)
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
}

// One connection, until it ends. The library answers pings by itself.
func listen(dialer *websocket.Dialer, url string) error {
	socket, _, err := dialer.Dial(url, nil)
	if err != nil {
		return err
	}
	defer socket.Close()
	for {
		var got frame
		if err := socket.ReadJSON(&got); err != nil {
			return err
		}
		if got.Method != "event" {
			continue
		}
		fmt.Println(string(got.Params)) // Store it before it is acknowledged.
		if err := acknowledge(socket, got.Params); err != nil {
			return err
		}
	}
}

func acknowledge(socket *websocket.Conn, params json.RawMessage) error {
	var one event
	if err := json.Unmarshal(params, &one); err != nil {
		return err
	}
	covered := map[string]any{"invitation": one.Invitation}
	if one.Seq != nil {
		covered = map[string]any{"conversation": one.Conversation, "seq": *one.Seq}
	}
	return socket.WriteJSON(map[string]any{"jsonrpc": "2.0", "method": "ack", "params": covered})
}
