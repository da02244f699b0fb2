// The Pion router of the benchmark: the forwarding loop of Pion's own "broadcast" example behind two HTTP paths.
//
//	POST /publish         offer in the body, answer in the response; Location is where to subscribe
//	POST /subscribe/{id}  the same for a subscriber
//
// It does for browsers what the other routers do: default interceptors (NACK both ways, reports, transport-wide
// feedback), key-frame requests passed on, one UDP port for all, ICE-lite. It prints "ready URL" when it listens.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

const (
	listenAddress   = "127.0.0.1:0"
	maxPacketBytes  = 1500
	keyFramePause   = 500 * time.Millisecond
	socketBufferLen = 4 << 20
)

var extensions = []string{
	"urn:ietf:params:rtp-hdrext:ssrc-audio-level",
	"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
}

// A stream is what one publisher sends.
type stream struct {
	publisher *webrtc.PeerConnection
	tracks    map[webrtc.RTPCodecType]*webrtc.TrackLocalStaticRTP

	mutex     sync.Mutex
	videoSSRC uint32
	askedAt   time.Time
}

// A router holds all streams by their id.
type router struct {
	api *webrtc.API

	mutex   sync.Mutex
	streams map[string]*stream
}

func main() {
	api, err := newAPI()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp4", listenAddress)
	if err != nil {
		log.Fatal(err)
	}
	r := &router{api: api, streams: map[string]*stream{}}
	http.HandleFunc("/publish", handle(r.publish))
	http.HandleFunc("/subscribe/", handle(r.subscribe))
	fmt.Printf("ready http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

func newAPI() (*webrtc.API, error) {
	media, registry, settings := &webrtc.MediaEngine{}, &interceptor.Registry{}, webrtc.SettingEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	for _, uri := range extensions {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return nil, err
			}
		}
	}
	if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		return nil, err
	}
	socket, err := listenUDP()
	if err != nil {
		return nil, err
	}
	settings.SetLite(true)
	settings.SetICEUDPMux(webrtc.NewICEUDPMux(nil, socket))
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings),
	), nil
}

func listenUDP() (*net.UDPConn, error) {
	address, err := net.ResolveUDPAddr("udp4", listenAddress)
	if err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp4", address)
	if err != nil {
		return nil, err
	}
	// The kernel's default holds a few hundred packets: less than a burst of all subscribers' reports.
	if err := socket.SetReadBuffer(socketBufferLen); err != nil {
		return nil, err
	}
	return socket, socket.SetWriteBuffer(socketBufferLen)
}

type exchange func(id string, offer string) (answer string, location string, err error)

func handle(do exchange) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		offer, err := io.ReadAll(request.Body)
		answer, location := "", ""
		if err == nil {
			answer, location, err = do(path.Base(request.URL.Path), string(offer))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, answer)
	}
}

func (r *router) publish(_ string, offer string) (string, string, error) {
	connection, err := r.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", "", err
	}
	s, err := newStream(connection)
	if err != nil {
		return "", "", err
	}
	connection.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { s.forward(remote) })
	answer, err := answerTo(connection, offer)
	if err != nil {
		return "", "", err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	id := fmt.Sprint(len(r.streams))
	r.streams[id] = s
	return answer, "/subscribe/" + id, nil
}

func (r *router) subscribe(id string, offer string) (string, string, error) {
	r.mutex.Lock()
	s := r.streams[id]
	r.mutex.Unlock()
	if s == nil {
		return "", "", fmt.Errorf("there is no stream %q", id)
	}
	connection, err := r.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", "", err
	}
	for _, track := range s.tracks {
		sender, err := connection.AddTrack(track)
		if err != nil {
			return "", "", err
		}
		go s.heed(sender)
	}
	answer, err := answerTo(connection, offer)
	return answer, "", err
}

func newStream(publisher *webrtc.PeerConnection) (*stream, error) {
	audio, err := webrtc.NewTrackLocalStaticRTP(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "audio", "benchmark")
	if err != nil {
		return nil, err
	}
	video, err := webrtc.NewTrackLocalStaticRTP(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "benchmark")
	if err != nil {
		return nil, err
	}
	tracks := map[webrtc.RTPCodecType]*webrtc.TrackLocalStaticRTP{
		webrtc.RTPCodecTypeAudio: audio, webrtc.RTPCodecTypeVideo: video,
	}
	return &stream{publisher: publisher, tracks: tracks}, nil
}

// forward copies a publisher's track to all its subscribers until it ends.
func (s *stream) forward(remote *webrtc.TrackRemote) {
	if remote.Kind() == webrtc.RTPCodecTypeVideo {
		s.mutex.Lock()
		s.videoSSRC = uint32(remote.SSRC())
		s.mutex.Unlock()
	}
	local := s.tracks[remote.Kind()]
	packet := make([]byte, maxPacketBytes)
	for {
		n, _, err := remote.Read(packet)
		if err != nil {
			return
		}
		// One subscriber that has gone must not end the others' stream.
		if _, err = local.Write(packet[:n]); err != nil {
			log.Println(err)
		}
	}
}

// heed reads a subscriber's feedback, which the interceptors need, and passes key-frame requests on.
func (s *stream) heed(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.requestKeyFrame()
			}
		}
	}
}

func (s *stream) requestKeyFrame() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.videoSSRC == 0 || time.Since(s.askedAt) < keyFramePause {
		return
	}
	s.askedAt = time.Now()
	if err := s.publisher.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: s.videoSSRC}}); err != nil {
		log.Println(err)
	}
}

// answerTo returns the complete answer, candidates included.
func answerTo(connection *webrtc.PeerConnection, offer string) (string, error) {
	if err := connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	answer, err := connection.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(connection)
	if err := connection.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return connection.LocalDescription().SDP, nil
}
